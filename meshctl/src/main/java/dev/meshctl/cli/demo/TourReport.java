package dev.meshctl.cli.demo;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the tour went.
 *
 * @param steps that were taken; the tour ends at the first that fails
 * @param planned how many there are
 */
public record TourReport(List<StepOutcome> steps, int planned, Duration elapsed) {
    public TourReport {
        steps = List.copyOf(steps);
    }

    public boolean passed() {
        return steps.size() == planned && steps.stream().allMatch(StepOutcome::passed);
    }

    /** The form for {@code -o json|yaml}. */
    public Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("result", passed() ? "pass" : "fail");
        data.put("durationMs", elapsed.toMillis());
        data.put("planned", planned);
        data.put("steps", steps.stream().map(StepOutcome::toData).toList());
        return data;
    }
}
