package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ServerFacts;

/**
 * Which releases of Gateway API an API server takes. Since 1.5 a rule of TLSRoute calls {@code isIP}, which rules may do
 * from Kubernetes 1.31 on.
 *
 * @see <a href="https://github.com/kubernetes-sigs/gateway-api/releases/tag/v1.5.0">Release 1.5.0</a>
 */
public final class GatewayApiRelease {
    /** The API group of its kinds. */
    static final String GROUP = "gateway.networking.k8s.io";
    private static final int MAJOR = 1;
    private static final int OLDEST_MINOR_FOR_ALL = 31;
    private static final String RELEASES = "https://github.com/kubernetes-sigs/gateway-api/releases";

    private GatewayApiRelease() {}

    /** False only if the version of the API server is known, and too old for some kinds of the newest release. */
    private static boolean takesAll(ServerFacts server) {
        return server.major() < 0 || server.major() > MAJOR || server.minor() >= OLDEST_MINOR_FOR_ALL;
    }

    /**
     * How to get kinds that are missing.
     *
     * @param inStandard whether every release has them in its standard channel
     */
    static String howToGet(ServerFacts server, boolean inStandard) {
        if (takesAll(server)) {
            return "download the standard channel%s of %s, and give it: --with-crds FILE"
                    .formatted(inStandard ? "" : " (of release 1.6 or newer; before, the experimental channel)", RELEASES);
        }
        return "download the %s channel of release 1.4 of %s, and give it: --with-crds FILE (newer ones need Kubernetes 1.31)"
                .formatted(inStandard ? "standard" : "experimental", RELEASES);
    }

    /**
     * What to do about a definition of others that the API server takes for invalid.
     *
     * @param definition its name, as in {@code tlsroutes.gateway.networking.k8s.io}
     */
    public static String instead(ServerFacts server, String definition) {
        return definition.endsWith("." + GROUP) && !takesAll(server)
                ? "give release 1.4 of Gateway API or an older one: newer ones need Kubernetes 1.31"
                : "give a release of this kind that is for Kubernetes " + server.version();
    }
}
