package dev.meshctl.proxy.telemetry;

import java.util.Locale;

/**
 * A page of metrics. Name a family, then add its samples.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Prometheus text format 0.0.4</a>
 */
public final class PrometheusText {
    private final StringBuilder page = new StringBuilder(4096);
    private String family = "";

    public PrometheusText counter(String name, String help) {
        return family(name, help, "counter");
    }

    public PrometheusText gauge(String name, String help) {
        return family(name, help, "gauge");
    }

    PrometheusText histogram(String name, String help) {
        return family(name, help, "histogram");
    }

    private PrometheusText family(String name, String help, String type) {
        family = name;
        page.append("# HELP ").append(name).append(' ').append(help).append('\n');
        page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    public PrometheusText sample(Labels labels, long value) {
        page.append(family).append(labels).append(' ').append(value).append('\n');
        return this;
    }

    public PrometheusText sample(Labels labels, double value) {
        page.append(family).append(labels).append(' ').append(decimal(value)).append('\n');
        return this;
    }

    /** One histogram: cumulative counts up to each bound, then all. */
    void buckets(Labels labels, String[] bounds, long[] counts, long all, double sum) {
        for (int i = 0; i < bounds.length; i++) {
            page.append(family).append("_bucket").append(labels.and("le", bounds[i]));
            page.append(' ').append(counts[i]).append('\n');
        }
        page.append(family).append("_bucket").append(labels.and("le", "+Inf")).append(' ').append(all).append('\n');
        page.append(family).append("_sum").append(labels).append(' ').append(decimal(sum)).append('\n');
        page.append(family).append("_count").append(labels).append(' ').append(all).append('\n');
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }

    @Override
    public String toString() {
        return page.toString();
    }
}
