package dev.meshctl.control.admin;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Mesh;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.Service;
import dev.meshctl.api.resource.ServiceExport;
import dev.meshctl.api.resource.ServiceImport;
import dev.meshctl.api.resource.TrafficPolicy;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.Workload;
import dev.meshctl.control.policy.AccessCheck;
import dev.meshctl.control.policy.Finding;
import dev.meshctl.control.policy.References;
import dev.meshctl.control.policy.RouteCheck;
import dev.meshctl.control.policy.RouteCompiler;
import dev.meshctl.control.shift.ShiftCheck;
import dev.meshctl.control.store.ResourceStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks resources that are valid by themselves against all others: those that are stored, and those that
 * are applied with them.
 */
final class Admission {
    private final ResourceStore store;
    private final MeshCatalog catalog;
    private final TrustDomain own;

    Admission(ResourceStore store, MeshCatalog catalog, TrustDomain own) {
        this.store = store;
        this.catalog = catalog;
        this.own = own;
    }

    /**
     * What there is to say of resources that are about to be stored.
     *
     * @param errors the apply is refused
     * @param warnings by resource
     */
    record Review(List<String> errors, Map<ResourceKey, List<String>> warnings) {}

    Review review(List<Resource> resources) {
        Review review = new Review(new ArrayList<>(), new LinkedHashMap<>());
        MeshCatalog then = catalog.with(resources);
        for (Resource resource : resources) {
            check(resource, resources, then, review);
        }
        return review;
    }

    private void check(Resource resource, List<Resource> applied, MeshCatalog then, Review review) {
        switch (resource) {
            case Route route -> {
                add(RouteCheck.check(route, then), review);
                add(RouteCheck.conflicts(route, beside(Route.class, applied), then), review);
                shifting(route, review);
            }
            case TrafficPolicy policy -> add(RouteCheck.check(policy, beside(TrafficPolicy.class, applied), then), review);
            case AccessPolicy policy -> add(AccessCheck.check(policy, beside(AccessPolicy.class, applied), then), review);
            case ServiceExport export -> References.missing(export.service(), then.ownOnly())
                    .ifPresent(why -> error(export, "metadata.name", "only what is in this cluster can be exported, and "
                            + why, review));
            case TrafficShift shift -> add(ShiftCheck.check(shift, store.get(TrafficShift.class, shift.key()),
                    beside(TrafficShift.class, applied), then.ownOnly()), review);
            case Mesh mesh -> {
                if (!mesh.spec().trustDomain().isEmpty() && !mesh.spec().trustDomain().equals(own.name())) {
                    error(mesh, "spec.trustDomain", "expected \"" + own + "\", found \"" + mesh.spec().trustDomain()
                            + "\"; a mesh keeps the trust domain that it was installed with", review);
                }
            }
            case MeshLink link -> link(link, review);
            case Workload workload -> error(workload, "kind", "workloads are reported by their proxies and cannot be"
                    + " applied; start one with `meshctl run`", review);
            case ServiceImport imported -> error(imported, "kind", "imports come from linked clusters and cannot be"
                    + " applied; export the service there with `meshctl export`", review);
            case Service service -> { }
        }
    }

    /** A running shift writes the weights of the routes of its service. */
    private void shifting(Route route, Review review) {
        store.in(Kinds.TRAFFIC_SHIFT, TrafficShift.class, route.metadata().namespace()).stream()
                .filter(s -> !s.status().phase().ended() && RouteCompiler.isFor(route, s.service()))
                .findFirst()
                .ifPresent(s -> review.warnings().computeIfAbsent(route.key(), k -> new ArrayList<>())
                        .add(s.key() + " is under way and will set the weights of this route again"));
    }

    private void link(MeshLink link, Review review) {
        Optional<MeshLink> stored = store.get(MeshLink.class, link.key());
        if (stored.isEmpty()) {
            error(link, "metadata.name", "there is no such link; links are made by token, with `meshctl link create` and"
                    + " `meshctl link accept`", review);
        } else if (!stored.get().spec().trustDomain().equals(link.spec().trustDomain())
                || stored.get().spec().dialer() != link.spec().dialer()) {
            error(link, "spec", "the trust domain and the dialling side of a link cannot be changed; remove the link and"
                    + " make a new one", review);
        }
    }

    /** All resources of a kind as they would be after the apply. */
    private <R extends Resource> List<R> beside(Class<R> type, List<Resource> applied) {
        Map<ResourceKey, R> all = new LinkedHashMap<>();
        store.all(type).forEach(r -> all.put(r.key(), r));
        applied.stream().filter(type::isInstance).map(type::cast).forEach(r -> all.put(r.key(), r));
        return List.copyOf(all.values());
    }

    private static void add(List<Finding> findings, Review review) {
        for (Finding finding : findings) {
            if (finding.isError()) {
                review.errors().add(finding.toString());
            } else {
                review.warnings().computeIfAbsent(finding.resource(), k -> new ArrayList<>())
                        .add((finding.path().isEmpty() ? "" : finding.path() + ": ") + finding.message());
            }
        }
    }

    private static void error(Resource resource, String path, String message, Review review) {
        review.errors().add(resource.key() + ": " + path + ": " + message);
    }
}
