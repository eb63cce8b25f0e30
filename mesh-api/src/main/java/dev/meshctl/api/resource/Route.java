package dev.meshctl.api.resource;

import dev.meshctl.api.name.ServiceName;
import java.util.List;

/**
 * How calls to a service are routed, with the Service as parent. Of the kinds that are attached to the same port of a
 * service one takes effect: "If multiple routes with different types both bind to the same Service and Port pair, only a
 * single route type should be applied", in the order GRPCRoute, HTTPRoute, TLSRoute, TCPRoute.
 *
 * <p>A route in the namespace of the service is its producer's, for all callers. One in another namespace is a consumer's, for
 * calls from that namespace, which go by such routes alone.
 *
 * <p>Backends may be in any namespace: "Unlike Gateway bound routes, this is allowed without a ReferenceGrant"; who may
 * call whom is for AccessPolicies to say.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1294/">GEP-1294, xRoutes Mesh Binding</a>
 */
public sealed interface Route extends Resource permits GrpcRoute, HttpRoute, TlsRoute, TcpRoute {
    /** Annotation: {@code "true"} allows backends that name a version which has no workload yet. */
    String ALLOW_MISSING_VERSIONS = "meshctl.dev/allow-missing-versions";

    /** The services that the route is for. */
    List<ParentRef> parentRefs();

    /** The service that one of the parents names. */
    default ServiceName service(ParentRef parent) {
        return new ServiceName(parent.name(), parent.namespace().isEmpty() ? metadata().namespace() : parent.namespace());
    }

    /** The backends of each rule, in the order of the rules. */
    List<List<BackendRef>> backendRefs();

    /** The same route with other backends, one list for each rule. */
    Route withBackendRefs(List<List<BackendRef>> backendRefs);

    /** True if the rule, counted from 0, has no condition. */
    boolean takesEverything(int rule);

    @Override
    Route withMetadata(Metadata metadata);

    /** True if the backends may name versions that have no workload yet. */
    default boolean allowsMissingVersions() {
        return metadata().annotations().getOrDefault(ALLOW_MISSING_VERSIONS, "false").equals("true");
    }
}
