package dev.meshctl.api.name;

import java.util.Locale;
import java.util.Optional;

/**
 * A host that resolves in a mesh: a service and how far to look for it. The fully qualified form,
 * {@link #toString()}, is also the name of the {@code Service} and {@code Endpoints} resources
 * that a proxy subscribes to.
 *
 * <p>Accepted forms, for service {@code payments} in namespace {@code shop}: {@code payments} (from
 * the same namespace), {@code payments.shop}, {@code payments.shop.svc},
 * {@code payments.shop.svc.cluster.local}, {@code payments.shop.svc.clusterset.local},
 * {@code payments.shop.svc.east.mesh}; any of them in any case and with a trailing dot.
 */
public record MeshHost(ServiceName service, HostScope scope) {

    /**
     * Reads a host as named by an application.
     *
     * @param host without port
     * @param namespace of the caller, for the bare form
     * @return empty if the host has none of the forms above, so it is not the mesh's
     */
    public static Optional<MeshHost> parse(String host, String namespace) {
        String text = host.toLowerCase(Locale.ROOT);
        if (text.endsWith(".")) {
            text = text.substring(0, text.length() - 1);
        }
        String[] labels = text.split("\\.", -1);
        for (String label : labels) {
            if (!DnsLabel.isValid(label)) {
                return Optional.empty();
            }
        }
        return switch (labels.length) {
            case 1 -> isNumeric(labels[0]) ? Optional.empty()
                    : Optional.of(new MeshHost(new ServiceName(labels[0], namespace), HostScope.LOCAL));
            case 2 -> Optional.of(of(labels, HostScope.LOCAL));
            case 3 -> labels[2].equals("svc") ? Optional.of(of(labels, HostScope.LOCAL)) : Optional.empty();
            case 5 -> labels[2].equals("svc") ? scope(labels[3], labels[4]).map(s -> of(labels, s)) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static Optional<HostScope> scope(String fourth, String fifth) {
        if (fifth.equals("local")) {
            return switch (fourth) {
                case "cluster" -> Optional.of(HostScope.LOCAL);
                case "clusterset" -> Optional.of(HostScope.CLUSTER_SET);
                default -> Optional.empty();
            };
        }
        return fifth.equals("mesh") ? Optional.of(new HostScope.Cluster(fourth)) : Optional.empty();
    }

    private static MeshHost of(String[] labels, HostScope scope) {
        return new MeshHost(new ServiceName(labels[0], labels[1]), scope);
    }

    private static boolean isNumeric(String label) {
        return label.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** The fully qualified host, e.g. {@code payments.shop.svc.clusterset.local}. */
    @Override
    public String toString() {
        return service + "." + scope.suffix();
    }
}
