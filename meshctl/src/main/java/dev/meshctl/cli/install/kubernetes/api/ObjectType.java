package dev.meshctl.cli.install.kubernetes.api;

import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import java.util.List;
import java.util.stream.Stream;

/**
 * A kind of objects as the API server addresses it. The kinds that an installation touches are written down here: asking
 * the API server for each would cost a round trip, and fail for kinds that are not there yet.
 *
 * @param plural as in paths and in RBAC
 * @param namespaced false: of the whole cluster
 */
public record ObjectType(String apiVersion, String kind, String plural, boolean namespaced) {
    public static final ObjectType CRD =
            new ObjectType("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", false);
    public static final ObjectType NAMESPACE = new ObjectType("v1", "Namespace", "namespaces", false);
    public static final ObjectType SECRET = new ObjectType("v1", "Secret", "secrets", true);
    public static final ObjectType CONFIG_MAP = new ObjectType("v1", "ConfigMap", "configmaps", true);
    public static final ObjectType SERVICE = new ObjectType("v1", "Service", "services", true);
    public static final ObjectType POD = new ObjectType("v1", "Pod", "pods", true);
    public static final ObjectType EVENT = new ObjectType("v1", "Event", "events", true);
    public static final ObjectType LEASE = new ObjectType("coordination.k8s.io/v1", "Lease", "leases", true);
    public static final ObjectType DEPLOYMENT = new ObjectType("apps/v1", "Deployment", "deployments", true);
    public static final ObjectType MUTATING = new ObjectType("admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false);
    public static final ObjectType VALIDATING = new ObjectType("admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false);

    /** Made by the control plane for services of linked meshes. */
    public static final ObjectType SERVICE_IMPORT =
            new ObjectType("multicluster.x-k8s.io/v1alpha1", "ServiceImport", "serviceimports", true);

    private static final String RBAC = "rbac.authorization.k8s.io/v1";

    /** Every kind that an installation has objects of, in the order in which they are applied. */
    public static final List<ObjectType> INSTALLED = List.of(CRD, NAMESPACE,
            new ObjectType("v1", "ServiceAccount", "serviceaccounts", true),
            new ObjectType(RBAC, "ClusterRole", "clusterroles", false),
            new ObjectType(RBAC, "ClusterRoleBinding", "clusterrolebindings", false),
            new ObjectType(RBAC, "Role", "roles", true),
            new ObjectType(RBAC, "RoleBinding", "rolebindings", true),
            SECRET, CONFIG_MAP,
            new ObjectType("meshctl.dev/v1alpha1", "Mesh", "meshes", false),
            SERVICE, DEPLOYMENT,
            new ObjectType("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
            new ObjectType("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true),
            MUTATING, VALIDATING);

    /** @throws IllegalArgumentException if it is none that an installation touches, nor a resource of the mesh */
    public static ObjectType of(String apiVersion, String kind) {
        Stream<ObjectType> resources = Kinds.ALL.stream()
                .map(known -> new ObjectType(known.apiVersion(), known.name(), known.plural(), known.namespaced()));
        return Stream.of(INSTALLED.stream(), Stream.of(POD, EVENT, LEASE), resources).flatMap(types -> types)
                .filter(type -> type.apiVersion.equals(apiVersion) && type.kind.equals(kind)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no installation has a " + kind + " of " + apiVersion));
    }

    static ObjectType of(Key key) {
        return of(key.apiVersion(), key.kind());
    }

    /** Empty for the core group. */
    public String group() {
        int slash = apiVersion.indexOf('/');
        return slash < 0 ? "" : apiVersion.substring(0, slash);
    }

    /** The name of an object of this kind. */
    public Key key(String namespace, String name) {
        return new Key(apiVersion, kind, namespaced ? namespace : "", name);
    }

    /** @param namespace empty: all of them, or none */
    String collection(String namespace) {
        return (apiVersion.indexOf('/') < 0 ? "/api/" : "/apis/") + apiVersion
                + (namespaced && !namespace.isEmpty() ? "/namespaces/" + namespace : "") + "/" + plural;
    }
}
