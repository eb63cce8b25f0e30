package dev.meshctl.cli.proxy;

import dev.meshctl.api.proto.proxy.StatsRequest;
import dev.meshctl.api.proto.proxy.StatsResponse;
import dev.meshctl.cli.proxy.MetricsText.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads what proxies have counted since their start. */
public final class ProxyStats {
    private static final String BUCKET = "_bucket";
    private static final String SUM = "_sum";
    private static final String COUNT = "_count";

    private final FleetProxies proxies;

    public ProxyStats(FleetProxies proxies) {
        this.proxies = proxies;
    }

    /**
     * In the order of the proxy's own page.
     *
     * @param mentioning each must be in the name or in a label
     * @throws dev.meshctl.cli.CliError if the proxy does not answer
     */
    public List<ProxyStat> read(ProxyRef proxy, List<String> mentioning) {
        StatsResponse answer = proxies.ask(proxy, "cannot read the counters of " + proxy.name(),
                admin -> admin.stats(StatsRequest.getDefaultInstance()));
        return of(proxy.name(), answer.getText()).stream()
                .filter(stat -> concerns(proxy, stat) && mentioning.stream().allMatch(stat::mentions)).toList();
    }

    // The proxy of a local cluster counts for all of its workloads, by whose the calls are.
    private static boolean concerns(ProxyRef proxy, ProxyStat stat) {
        if (!(proxy instanceof ProxyRef.Hosting hosting) || hosting.workload().isEmpty()) {
            return true;
        }
        Map<String, String> labels = stat.labels();
        return switch (labels.getOrDefault("direction", "")) {
            case "inbound" -> hosting.service().equals(labels.get("destination"));
            case "outbound" -> hosting.identity().equals(labels.get("source"));
            default -> hosting.workload().equals(labels.get("workload"));
        };
    }

    static List<ProxyStat> of(String proxy, String page) {
        List<ProxyStat> stats = new ArrayList<>();
        Map<String, Map<Double, Double>> buckets = new LinkedHashMap<>();
        Map<String, Double> sums = new LinkedHashMap<>();
        for (Sample sample : MetricsText.parse(page)) {
            if (!sample.type().equals("histogram")) {
                stats.add(new ProxyStat(proxy, sample.name(), sample.type(), sample.labels(), sample.value(), 0, Map.of()));
            } else if (sample.name().endsWith(BUCKET)) {
                Map<String, String> labels = new LinkedHashMap<>(sample.labels());
                String bound = labels.remove("le");
                buckets.computeIfAbsent(key(sample.name(), BUCKET, labels), k -> new TreeMap<>())
                        .put(bound == null || bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound), sample.value());
            } else if (sample.name().endsWith(SUM)) {
                sums.put(key(sample.name(), SUM, sample.labels()), sample.value());
            } else if (sample.name().endsWith(COUNT)) {
                String key = key(sample.name(), COUNT, sample.labels());
                stats.add(new ProxyStat(proxy, sample.name().substring(0, sample.name().length() - COUNT.length()), "histogram",
                        sample.labels(), sample.value(), sums.getOrDefault(key, 0.0), buckets.getOrDefault(key, Map.of())));
            }
        }
        return stats;
    }

    private static String key(String name, String end, Map<String, String> labels) {
        return name.substring(0, name.length() - end.length()) + labels;
    }
}
