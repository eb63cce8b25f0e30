package dev.meshctl.cli.demo;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a step went.
 *
 * @param failure empty if it passed
 */
public record StepOutcome(String name, String title, List<String> evidence, String failure, Duration duration) {
    public StepOutcome {
        evidence = List.copyOf(evidence);
    }

    public boolean passed() {
        return failure.isEmpty();
    }

    Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("name", name);
        data.put("title", title);
        data.put("result", passed() ? "pass" : "fail");
        data.put("evidence", evidence);
        if (!passed()) {
            data.put("failure", failure);
        }
        data.put("durationMs", duration.toMillis());
        return data;
    }
}
