package dev.meshctl.cli.top;

import dev.meshctl.api.proto.admin.SeriesSummary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The golden signals of one version of one service as its callers in one cluster see them.
 *
 * @param callersIn cluster of the callers
 * @param target cluster that serves
 * @param latency of the busiest series, in milliseconds: percentiles of different series cannot be added
 * @param mtls true if every series is mTLS
 */
public record ServiceSignals(
        String callersIn,
        String service,
        String version,
        String target,
        double requestsPerSecond,
        long requests,
        long failures,
        Latency latency,
        boolean mtls,
        boolean viaGateway) {

    /** Milliseconds. */
    public record Latency(double p50, double p99) {}

    /** Share of good answers, 0 to 100; 100 without requests. */
    public double successPercent() {
        return requests == 0 ? 100 : 100.0 * (requests - failures) / requests;
    }

    /** Sums the outbound series of one cluster by service, version and serving cluster. */
    public static List<ServiceSignals> of(String cluster, List<SeriesSummary> series) {
        Map<String, List<SeriesSummary>> grouped = new TreeMap<>();
        for (SeriesSummary each : series) {
            if (each.getDirection().equalsIgnoreCase("outbound") && !each.getDestinationService().isEmpty()) {
                grouped.computeIfAbsent(each.getDestinationService() + " " + each.getDestinationVersion() + " "
                        + each.getDestinationCluster(), key -> new ArrayList<>()).add(each);
            }
        }
        return grouped.values().stream().map(group -> sum(cluster, group)).toList();
    }

    private static ServiceSignals sum(String cluster, List<SeriesSummary> group) {
        SeriesSummary busiest = group.getFirst();
        double rate = 0;
        long requests = 0;
        long failures = 0;
        boolean mtls = true;
        boolean viaGateway = false;
        for (SeriesSummary each : group) {
            rate += each.getRequestsPerSecond();
            requests += each.getRequests();
            failures += each.getFailures();
            mtls &= each.getMtls();
            viaGateway |= each.getViaGateway();
            busiest = each.getRequests() > busiest.getRequests() ? each : busiest;
        }
        return new ServiceSignals(cluster, busiest.getDestinationService(), busiest.getDestinationVersion(),
                busiest.getDestinationCluster(), rate, requests, failures,
                new Latency(busiest.getP50Ms(), busiest.getP99Ms()), mtls, viaGateway);
    }

    /** The form for {@code -o json|yaml}. */
    public Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("callersIn", callersIn);
        data.put("service", service);
        data.put("version", version);
        data.put("cluster", target);
        data.put("requestsPerSecond", requestsPerSecond);
        data.put("requests", requests);
        data.put("successPercent", successPercent());
        data.put("p50Ms", latency.p50);
        data.put("p99Ms", latency.p99);
        data.put("mtls", mtls);
        data.put("viaGateway", viaGateway);
        return data;
    }
}
