package dev.meshctl.api.resource;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All kinds, in the order that lists show them. */
public final class Kinds {
    /** The group of the mesh's own kinds. */
    public static final String GROUP = "meshctl.dev";

    private static final String OWN = GROUP + "/v1alpha1";
    private static final String GATEWAY_GROUP = "gateway.networking.k8s.io";
    private static final String GATEWAY = GATEWAY_GROUP + "/v1";
    private static final String MCS = "multicluster.x-k8s.io/v1alpha1";

    public static final Kind SERVICE = new Kind(OWN, "Service", "services", List.of("svc"), true, Service.class);
    public static final Kind WORKLOAD = new Kind(OWN, "Workload", "workloads", List.of("wl"), true, Workload.class);
    public static final Kind HTTP_ROUTE = new Kind(GATEWAY, "HTTPRoute", "httproutes", List.of("route"), true, HttpRoute.class);
    public static final Kind GRPC_ROUTE =
            new Kind(GATEWAY, "GRPCRoute", "grpcroutes", List.of(), true, GrpcRoute.class);
    /** v1 since Gateway API 1.5, which serves no older version in its standard channel. */
    public static final Kind TLS_ROUTE = new Kind(GATEWAY, List.of(GATEWAY_GROUP + "/v1alpha3", GATEWAY_GROUP + "/v1alpha2"),
            "TLSRoute", "tlsroutes", List.of(), true, TlsRoute.class);
    /** v1 since Gateway API 1.6, which serves no older version in its standard channel. */
    public static final Kind TCP_ROUTE = new Kind(GATEWAY, List.of(GATEWAY_GROUP + "/v1alpha2"),
            "TCPRoute", "tcproutes", List.of(), true, TcpRoute.class);
    public static final Kind SERVICE_EXPORT =
            new Kind(MCS, "ServiceExport", "serviceexports", List.of("svcex", "export", "exports"), true, ServiceExport.class);
    public static final Kind SERVICE_IMPORT =
            new Kind(MCS, "ServiceImport", "serviceimports", List.of("svcim", "import", "imports"), true, ServiceImport.class);
    public static final Kind TRAFFIC_POLICY =
            new Kind(OWN, "TrafficPolicy", "trafficpolicies", List.of("tp"), true, TrafficPolicy.class);
    public static final Kind ACCESS_POLICY =
            new Kind(OWN, "AccessPolicy", "accesspolicies", List.of("ap", "policy", "policies"), true, AccessPolicy.class);
    public static final Kind TRAFFIC_SHIFT =
            new Kind(OWN, "TrafficShift", "trafficshifts", List.of("ts", "shift", "shifts"), true, TrafficShift.class);
    public static final Kind MESH_LINK =
            new Kind(OWN, "MeshLink", "meshlinks", List.of("link", "links"), false, MeshLink.class);
    public static final Kind MESH = new Kind(OWN, "Mesh", "meshes", List.of(), false, Mesh.class);

    /** Every kind. */
    public static final List<Kind> ALL = List.of(SERVICE, WORKLOAD, HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE,
            SERVICE_EXPORT, SERVICE_IMPORT, TRAFFIC_POLICY, ACCESS_POLICY, TRAFFIC_SHIFT, MESH_LINK, MESH);

    /** The kinds of {@link Route}; where several are attached to one port of a service, the first of them takes effect. */
    public static final List<Kind> ROUTES = List.of(GRPC_ROUTE, HTTP_ROUTE, TLS_ROUTE, TCP_ROUTE);

    /** Shorter words are too near to everything. */
    private static final int MIN_MISSPELT = 4;

    private static final Map<Class<?>, Kind> BY_TYPE =
            ALL.stream().collect(Collectors.toUnmodifiableMap(Kind::type, Function.identity()));

    private Kinds() {}

    static Kind of(Class<?> type) {
        Kind kind = BY_TYPE.get(type);
        if (kind == null) {
            throw new IllegalArgumentException(type.getName() + " is no kind of resource");
        }
        return kind;
    }

    /**
     * Finds a kind as a user types it: name, plural or short name, in any case; with the group after it, as in
     * {@code httproutes.gateway.networking.k8s.io}, or the version and the group.
     */
    public static Optional<Kind> find(String typed) {
        String text = typed.toLowerCase(Locale.ROOT);
        int dot = text.indexOf('.');
        String word = dot < 0 ? text : text.substring(0, dot);
        return ALL.stream()
                .filter(k -> k.singular().equals(word) || k.plural().equals(word) || k.shortNames().contains(word))
                .filter(k -> dot < 0 || k.isOfGroup(text.substring(dot + 1)))
                .findFirst();
    }

    /** The kind whose name is nearest to a misspelt one, for "did you mean". */
    public static Optional<Kind> nearest(String typed) {
        List<String> words = ALL.stream()
                .flatMap(k -> Stream.concat(Stream.of(k.singular(), k.plural()), k.shortNames().stream()))
                .filter(word -> word.length() >= MIN_MISSPELT)
                .toList();
        return Nearest.to(typed, words).flatMap(Kinds::find);
    }
}
