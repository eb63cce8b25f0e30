package dev.meshctl.control.admission.inject;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What may be set for one pod.
 *
 * @param inbound what is not redirected of what arrives
 * @param outbound what is not redirected of what leaves
 * @param logLevel one of {@link #LOG_LEVELS}
 * @param redirectBackend one of {@link #BACKENDS}
 * @param drainSeconds within which the proxy ends when it is told to, at most {@value #MAX_DRAIN_SECONDS}; empty: within
 *     the grace period of the pod
 */
public record Tuning(
        Excludes inbound, Excludes outbound, Resources resources, boolean rewriteProbes, String logLevel, String redirectBackend,
        OptionalInt drainSeconds) {
    public static final List<String> LOG_LEVELS = List.of("error", "warning", "info", "debug", "trace");
    /** {@code auto}: whichever the node's kernel has, nftables first. */
    public static final List<String> BACKENDS = List.of("auto", "nftables", "iptables");

    static final int MAX_DRAIN_SECONDS = 86_400;

    /** What a mesh starts with: nothing excluded, 50 m of CPU, 64 to 256 MiB. */
    public static final Tuning DEFAULT = new Tuning(Excludes.NONE, Excludes.NONE,
            new Resources("50m", "64Mi", "", "256Mi"), true, "info", "auto", OptionalInt.empty());

    public Tuning {
        if (!LOG_LEVELS.contains(logLevel) || !BACKENDS.contains(redirectBackend)) {
            throw new IllegalArgumentException("unknown log level or redirect: " + logLevel + ", " + redirectBackend);
        }
    }

    /**
     * Traffic that goes past the proxy.
     *
     * @param ports numbers and ranges, as {@link PortList} writes them
     * @param cidrs as {@link Cidr} writes them
     */
    public record Excludes(List<String> ports, List<String> cidrs) {
        static final Excludes NONE = new Excludes(List.of(), List.of());

        public Excludes {
            ports = List.copyOf(ports);
            cidrs = List.copyOf(cidrs);
        }

        Excludes and(List<String> morePorts, List<String> moreCidrs) {
            return new Excludes(Stream.concat(ports.stream(), morePorts.stream()).distinct().toList(),
                    Stream.concat(cidrs.stream(), moreCidrs.stream()).distinct().toList());
        }
    }

    /** Quantities as Kubernetes writes them; empty: none. */
    public record Resources(String cpuRequest, String memoryRequest, String cpuLimit, String memoryLimit) {}
}
