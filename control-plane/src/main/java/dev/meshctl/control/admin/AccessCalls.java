package dev.meshctl.control.admin;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.CheckAccessRequest;
import dev.meshctl.api.proto.admin.CheckAccessResponse;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.control.policy.AccessCompiler;
import dev.meshctl.control.policy.AccessDecision;
import dev.meshctl.control.policy.References;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.runtime.bundle.BundleSource;
import java.util.Optional;

/** Says what a proxy would say to a call. */
final class AccessCalls {
    private final ResourceStore store;
    private final MeshCatalog catalog;
    private final BundleSource bundles;

    AccessCalls(ResourceStore store, MeshCatalog catalog, BundleSource bundles) {
        this.store = store;
        this.catalog = catalog;
        this.bundles = bundles;
    }

    CheckAccessResponse check(CheckAccessRequest request) throws Refused {
        SpiffeId source;
        ServiceName service;
        try {
            source = SpiffeId.parse(request.getSourceIdentity());
            service = new ServiceName(request.getService(), request.getNamespace());
        } catch (IllegalArgumentException e) {
            throw Refused.invalid(String.valueOf(e.getMessage()));
        }
        Optional<String> missing = References.missing(service, catalog.ownOnly());
        if (missing.isPresent()) {
            throw Refused.notFound(missing.get() + (catalog.services().contains(service)
                    ? "; it is another cluster's, whose policies decide: ask there" : ""));
        }
        TrustDomain trustDomain = source.trustDomain();
        if (bundles.current().of(trustDomain).isEmpty()) {
            return CheckAccessResponse.newBuilder()
                    .setReason("trust domain " + trustDomain + " is not linked, so its certificates are refused")
                    .build();
        }
        AccessDecision decision = AccessDecision.decide(
                AccessCompiler.compile(service, store.in(Kinds.ACCESS_POLICY, AccessPolicy.class, service.namespace())),
                source, request.getMethod(), request.getPath(), port(request, service));
        return CheckAccessResponse.newBuilder()
                .setAllowed(decision.allowed())
                .setPolicy(decision.policy())
                .setReason(decision.reason())
                .build();
    }

    /** The first port of the service, unless one is named. */
    private int port(CheckAccessRequest request, ServiceName service) {
        return request.getPort() != 0 ? request.getPort() : catalog.ports(service).stream().findFirst().orElse(0);
    }
}
