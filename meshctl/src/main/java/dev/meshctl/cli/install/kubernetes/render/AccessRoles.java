package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.render.AccessRole.PartHolder;
import dev.meshctl.cli.install.kubernetes.render.AccessRole.Users;
import java.util.List;

/**
 * Every permission of the mesh, with its reason. The gateway has none. Nobody may create, list or watch Secrets: those
 * that are needed are made by the installation, and read by name.
 */
final class AccessRoles {
    private static final String GATEWAY_API = "gateway.networking.k8s.io";
    private static final String MCS = "multicluster.x-k8s.io";
    private static final String OWN = "meshctl.dev";
    private static final String READ = "get list watch";
    private static final String CHANGE_NAMED = "get update patch";

    private final Site site;

    private AccessRoles(Site site) {
        this.site = site;
    }

    static List<AccessRole> of(Site site) {
        AccessRoles roles = new AccessRoles(site);
        PartHolder trustBridge = new PartHolder(Part.TRUST_BRIDGE);
        PartHolder controlPlane = new PartHolder(Part.CONTROL_PLANE);
        String name = site.revised("meshctl-control-plane");
        return List.of(
                new AccessRole("meshctl-trust-bridge", trustBridge, true, trustBridgeEverywhere()),
                new AccessRole("meshctl-trust-bridge", trustBridge, false, trustBridgeAtHome()),
                new AccessRole(name, controlPlane, true, roles.controlPlaneEverywhere()),
                new AccessRole(name, controlPlane, false, controlPlaneAtHome()),
                new AccessRole("meshctl-view", new Users(List.of("view", "edit", "admin")), true, viewers()),
                new AccessRole("meshctl-edit", new Users(List.of("edit", "admin")), true, editors()),
                new AccessRole("meshctl-admin", new Users(List.of("admin")), true, admins()));
    }

    private static List<AccessRule> trustBridgeEverywhere() {
        return List.of(AccessRule.of("authentication.k8s.io", "tokenreviews", "create",
                "A workload proves who it is by its service account token; only the API server can check it."));
    }

    private static List<AccessRule> trustBridgeAtHome() {
        return List.of(
                AccessRule.of("", "secrets", CHANGE_NAMED,
                        "Keeps the CA: made at the first start, replaced when its issuing key is rotated.").named(Site.CA_SECRET),
                AccessRule.of("", "configmaps", CHANGE_NAMED,
                        "Publishes the mesh's bundle and keeps those of linked meshes.").named(Site.BUNDLE_MAP, Site.LINKED_MAP),
                AccessRule.of("coordination.k8s.io", "leases", "create",
                        "Several replicas choose the one that rotates keys; RBAC cannot bind a creation to a name."),
                AccessRule.of("coordination.k8s.io", "leases", CHANGE_NAMED,
                        "The chosen replica renews its lease.").named(Part.TRUST_BRIDGE.word()));
    }

    private List<AccessRule> controlPlaneEverywhere() {
        return List.of(
                AccessRule.of("", "services pods", READ, "What services there are, and which workloads are behind them."),
                AccessRule.of("discovery.k8s.io", "endpointslices", READ, "Which addresses of a service are ready."),
                AccessRule.of("", "nodes", READ, "The zone and region of a workload, for balancing by locality; the addresses"
                        + " of a gateway behind a NodePort."),
                AccessRule.of("", "namespaces", READ, "Which namespaces are in the mesh, and served by which revision."),
                AccessRule.of("", "configmaps", "create",
                        "Puts the mesh's bundle into namespaces of the mesh; RBAC cannot bind a creation to a name."),
                AccessRule.of("", "configmaps", "get update patch delete",
                        "Keeps that bundle up to date, and takes it away with the last proxy.").named(Site.BUNDLE_MAP),
                AccessRule.of(GATEWAY_API, "httproutes grpcroutes tlsroutes tcproutes", READ,
                        "By which routes the services of the mesh are called."),
                AccessRule.of(GATEWAY_API, "httproutes", "create update patch",
                        "A traffic shift writes its weights into routes, and makes one where there is none."),
                AccessRule.of(GATEWAY_API, "grpcroutes tlsroutes tcproutes", "update patch",
                        "A traffic shift writes its weights into routes."),
                AccessRule.of(GATEWAY_API, "httproutes/status grpcroutes/status tlsroutes/status tcproutes/status",
                        "update patch", "Says whether a route is accepted and its references are resolved."),
                AccessRule.of(MCS, "serviceexports serviceimports", READ,
                        "What is offered to linked meshes, what comes from them."),
                AccessRule.of(MCS, "serviceimports", "create update patch delete",
                        "Services of linked meshes appear as imports."),
                AccessRule.of(MCS, "serviceexports/status serviceimports/status", "update patch",
                        "Says whether an export is valid or in conflict, and which clusters are behind an import."),
                AccessRule.of(OWN, "meshes meshlinks trafficpolicies accesspolicies trafficshifts", READ,
                        "Settings, links, policies and shifts of the mesh."),
                AccessRule.of(OWN, "meshlinks", "create update patch delete",
                        "The side that gave out a link token stores the link when the other side redeems it; ending a link"
                                + " ends the trust in the peer and the link together."),
                AccessRule.of(OWN, "meshlinks/status trafficshifts/status", "update patch",
                        "The state of a link; the journal of a shift, stored before each step takes effect."),
                AccessRule.of(OWN, "trafficpolicies/status accesspolicies/status", "update patch",
                        "Says whether a policy is accepted, and if not why."),
                AccessRule.of("events.k8s.io", "events", "create patch", "Tells what happened to an object beside the object."),
                AccessRule.of("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "get patch",
                        "Renews the CA bundle by which the API server knows the webhook.")
                        .named(site.revised(Webhooks.INJECTOR), Webhooks.PROMOTED_INJECTOR),
                AccessRule.of("admissionregistration.k8s.io", "validatingwebhookconfigurations", "get patch",
                        "Renews the CA bundle by which the API server knows the webhook.").named(Webhooks.VALIDATOR));
    }

    private static List<AccessRule> controlPlaneAtHome() {
        return List.of(
                AccessRule.of("", "secrets", CHANGE_NAMED,
                        "All replicas sign the certificates of their webhooks with one CA, which one of them renews.")
                        .named(Site.WEBHOOK_SECRET),
                AccessRule.of("", "secrets", "get update",
                        "Link tokens that were given out (hashes), and secrets of accepted ones that are still to be presented,"
                                + " survive a change of the replica that writes.")
                        .named(Site.LINK_SECRET),
                AccessRule.of("coordination.k8s.io", "leases", "create",
                        "Several replicas choose the one that writes; RBAC cannot bind a creation to a name."),
                AccessRule.of("coordination.k8s.io", "leases", CHANGE_NAMED,
                        "The chosen replica renews its lease.").named(Part.CONTROL_PLANE.word()));
    }

    private static List<AccessRule> viewers() {
        return List.of(AccessRule.of(OWN, "trafficpolicies accesspolicies trafficshifts", READ,
                "Who may see a namespace sees how its services are called."));
    }

    private static List<AccessRule> editors() {
        return List.of(AccessRule.of(OWN, "trafficpolicies trafficshifts", "create update patch delete deletecollection",
                "Who may change workloads of a namespace may change how they are balanced and shifted; never a status."));
    }

    private static List<AccessRule> admins() {
        return List.of(AccessRule.of(OWN, "accesspolicies", "create update patch delete deletecollection",
                "Who may call a service is decided by who administers its namespace."));
    }
}
