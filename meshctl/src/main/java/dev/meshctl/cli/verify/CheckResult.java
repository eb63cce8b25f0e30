package dev.meshctl.cli.verify;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One check of one cluster, or of one cluster towards one peer.
 *
 * @param peer empty when the check is about the cluster alone
 * @param evidence what was seen
 * @param hint the next command; may be empty
 */
public record CheckResult(
        Check check, String cluster, String peer, Result result, String evidence, String hint, Duration duration) {

    /** {@code west}, or {@code west -> east}. */
    public String subject() {
        return peer.isEmpty() ? cluster : cluster + " -> " + peer;
    }

    /** The form for {@code -o json|yaml}. */
    public Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("id", check.name());
        data.put("title", check.title());
        data.put("category", check.category().toString());
        data.put("severity", check.severity().name().toLowerCase(Locale.ROOT));
        data.put("cluster", cluster);
        if (!peer.isEmpty()) {
            data.put("peer", peer);
        }
        data.put("result", result.toString());
        data.put("evidence", evidence);
        if (!hint.isEmpty()) {
            data.put("hint", hint);
        }
        data.put("durationMs", duration.toMillis());
        return data;
    }
}
