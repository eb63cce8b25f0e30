package dev.meshctl.api.name;

import java.util.Optional;

/**
 * The TLS server name of a call between proxies:
 * {@code [<version>.]<port>.<service>.<namespace>.<cluster>.mesh}. It tells a gateway where to relay
 * to, without decryption, and tells the inbound side which port is meant. The version label is
 * there when a route has picked a version, so that splits and shifts hold across clusters.
 *
 * @param version RFC 1123 label, or empty for any version
 * @param port service port, 1 to 65535
 */
public record SniName(String version, int port, ServiceName service, String cluster) {
    private static final String SUFFIX = ".mesh";

    public SniName {
        if (!version.isEmpty()) {
            DnsLabel.require(version, "version");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " must be 1 to 65535");
        }
        DnsLabel.require(cluster, "cluster name");
    }

    /** Reads a server name; empty if it has another form. */
    public static Optional<SniName> parse(String sni) {
        if (!sni.endsWith(SUFFIX)) {
            return Optional.empty();
        }
        String[] labels = sni.substring(0, sni.length() - SUFFIX.length()).split("\\.", -1);
        int at = labels.length - 4;
        if (at != 0 && at != 1) {
            return Optional.empty();
        }
        for (String label : labels) {
            if (!DnsLabel.isValid(label)) {
                return Optional.empty();
            }
        }
        int port = port(labels[at]);
        if (port == 0) {
            return Optional.empty();
        }
        return Optional.of(new SniName(
                at == 1 ? labels[0] : "", port, new ServiceName(labels[at + 1], labels[at + 2]), labels[at + 3]));
    }

    private static int port(String label) {
        if (label.length() > 5 || !label.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return 0;
        }
        int port = Integer.parseInt(label);
        return port <= 65535 ? port : 0;
    }

    /** The part that does not depend on port and version; what {@code Endpoint.sni_suffix} carries. */
    public static String suffix(ServiceName service, String cluster) {
        return service + "." + cluster + SUFFIX;
    }

    /** Puts the port, and the version if any, before an {@code Endpoint.sni_suffix}. */
    public static String of(String version, int port, String suffix) {
        return version.isEmpty() ? port + "." + suffix : version + "." + port + "." + suffix;
    }

    @Override
    public String toString() {
        return of(version, port, suffix(service, cluster));
    }
}
