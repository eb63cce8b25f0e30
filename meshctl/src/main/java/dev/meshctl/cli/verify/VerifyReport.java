package dev.meshctl.cli.verify;

import dev.meshctl.cli.ExitCode;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All results of one run, in the order of cluster, id and peer. */
public record VerifyReport(Instant startedAt, Duration elapsed, List<CheckResult> results) {
    public VerifyReport {
        results = List.copyOf(results);
    }

    public long count(Result result) {
        return results.stream().filter(each -> each.result() == result).count();
    }

    /** 0 when nothing failed and everything could be checked, 1 when a check failed, else 4. */
    public int exitCode() {
        if (count(Result.FAIL) > 0) {
            return ExitCode.FAILED;
        }
        return count(Result.UNKNOWN) > 0 || results.isEmpty() ? ExitCode.UNKNOWN : ExitCode.OK;
    }

    /** One line, as in {@code 31 checks: 30 pass, 1 warn}. */
    public String summary() {
        StringBuilder text = new StringBuilder(results.size() + " checks:");
        String separator = " ";
        for (Result result : Result.values()) {
            long count = count(result);
            if (count > 0) {
                text.append(separator).append(count).append(' ').append(result);
                separator = ", ";
            }
        }
        return text.toString();
    }

    /** The form for {@code -o json|yaml}. */
    public Map<String, Object> toData() {
        Map<String, Object> counts = new LinkedHashMap<>();
        for (Result result : Result.values()) {
            counts.put(result.toString(), count(result));
        }
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("startedAt", startedAt.toString());
        data.put("durationMs", elapsed.toMillis());
        data.put("exitCode", exitCode());
        data.put("summary", counts);
        data.put("checks", results.stream().map(CheckResult::toData).toList());
        return data;
    }
}
