package dev.meshctl.cli.proxy;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One counter, gauge or histogram of a proxy.
 *
 * @param type {@code counter}, {@code gauge} or {@code histogram}
 * @param value of a histogram how many it counts
 * @param sum of a histogram; else 0
 * @param buckets of a histogram: upper bound -> how many are not above it
 */
public record ProxyStat(
        String proxy, String metric, String type, Map<String, String> labels, double value, double sum,
        Map<Double, Double> buckets) {
    private static final double MS = 1000.0;
    private static final Set<String> OF_CALLS = Set.of("direction", "source", "source_service", "source_cluster", "destination",
            "version", "cluster", "protocol", "mtls", "via_gateway");

    public boolean isZero() {
        return value == 0;
    }

    /** Whether a text is in the name or in a label. */
    boolean mentions(String text) {
        return metric.contains(text) || labelText().contains(text);
    }

    /** {@code name=value}, blanks between. */
    public String labelText() {
        return labels.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).collect(Collectors.joining(" "));
    }

    /** What it counts, in words where it is about calls; else as the labels say. */
    public String ofText() {
        Map<String, String> rest = new LinkedHashMap<>(labels);
        String direction = rest.getOrDefault("direction", "");
        if (direction.isEmpty()) {
            return labelText();
        }
        rest.keySet().removeAll(OF_CALLS);
        String text = (direction.equals("inbound") ? "in from " + caller() + " to " : "out to ")
                + labels.getOrDefault("destination", "others") + prefixed(" ", labels.get("version"))
                + (direction.equals("inbound") ? "" : prefixed(" in ", labels.get("cluster")))
                + ("true".equals(labels.get("via_gateway")) ? " through the gateways" : "")
                + prefixed(", ", labels.get("protocol")) + ("true".equals(labels.get("mtls")) ? ", mTLS" : ", plain");
        return rest.isEmpty() ? text : text + ", " + rest.entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue()).collect(Collectors.joining(", "));
    }

    private String caller() {
        String service = labels.getOrDefault("source_service", "");
        String identity = labels.getOrDefault("source", "");
        String account = identity.replaceFirst("^spiffe://[^/]*/ns/([^/]*)/sa/", "$1/");
        return (service.isEmpty() ? account.isEmpty() ? "somebody" : account : service)
                + prefixed(" in ", labels.get("source_cluster"));
    }

    private static String prefixed(String prefix, @Nullable String text) {
        return text == null || text.isEmpty() ? "" : prefix + text;
    }

    /** The number, or for a histogram how many and how long. */
    public String valueText() {
        if (!type.equals("histogram")) {
            return number(value);
        }
        if (value == 0) {
            return "0";
        }
        return String.format(Locale.ROOT, "%s, mean %s ms, p50 %s, p99 %s",
                number(value), number(sum * MS / value), quantile(0.5), quantile(0.99));
    }

    // What is counted is only up to which bound it was, so that is what is told.
    private String quantile(double share) {
        for (Map.Entry<Double, Double> bucket : new TreeMap<>(buckets).entrySet()) {
            if (bucket.getValue() >= share * value) {
                return bucket.getKey().isInfinite() ? "more" : "≤ " + number(bucket.getKey() * MS) + " ms";
            }
        }
        return "more";
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.2f", value);
    }

    public Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("proxy", proxy);
        data.put("metric", metric);
        data.put("type", type);
        data.put("labels", labels);
        if (type.equals("histogram")) {
            data.put("count", number(value).contains(".") ? (Object) value : (Object) (long) value);
            data.put("sum", sum);
            Map<String, Object> bounds = new LinkedHashMap<>();
            new TreeMap<>(buckets).forEach((bound, count) -> bounds.put(bound.isInfinite() ? "+Inf" : bound.toString(), count.longValue()));
            data.put("buckets", bounds);
        } else {
            data.put("value", value == Math.rint(value) ? (Object) (long) value : (Object) value);
        }
        return data;
    }
}
