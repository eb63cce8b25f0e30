package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.install.kubernetes.crd.CustomResources;
import dev.meshctl.cli.install.kubernetes.values.Values.FailurePolicy;
import dev.meshctl.cli.install.kubernetes.values.Words;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The webhooks. Which pods the API server asks about is decided by labels alone, so pods of other namespaces never
 * wait for a control plane. {@code caBundle} is left to the control plane, which renews it; it is the same for all
 * revisions.
 */
final class Webhooks {
    static final String INJECTOR = "meshctl-injector";
    /** For who names no revision; of whichever revision is promoted, so that a promotion is one write. */
    static final String PROMOTED_INJECTOR = "meshctl-injector-promoted";
    static final String VALIDATOR = "meshctl-validator";

    private static final String NAMESPACE_NAME = "kubernetes.io/metadata.name";
    private static final String[] NEVER = {"kube-node-lease", "kube-public", "kube-system", Site.NAMESPACE};

    private final Site site;

    Webhooks(Site site) {
        this.site = site;
    }

    List<ObjectNode> configurations() {
        ObjectNode byRevision = configuration("Mutating", site.revised(INJECTOR), Labels.revised(site),
                injector("revision", unlessOptedOut(), in(Labels.REVISION, site.revision()), notIn(Labels.INJECT, "disabled")));
        if (!site.promoted()) {
            return List.of(byRevision);
        }
        // A pod is matched by one of the three at most: they differ in the labels of the namespace.
        ObjectNode promoted = configuration("Mutating", PROMOTED_INJECTOR, Labels.shared(site),
                injector("namespace", unlessOptedOut(), in(Labels.INJECT, "enabled"), absent(Labels.REVISION)),
                injector("pod", in(Labels.INJECT, "enabled"), absent(Labels.INJECT), absent(Labels.REVISION)));
        return List.of(byRevision, promoted, configuration("Validating", VALIDATOR, Labels.shared(site), validator()));
    }

    private ObjectNode configuration(String kind, String name, ObjectNode labels, Object... webhooks) {
        ObjectNode configuration = site.clusterObject(
                "admissionregistration.k8s.io/v1", kind + "WebhookConfiguration", name, labels);
        configuration.set("webhooks", Tree.list(webhooks));
        return configuration;
    }

    private static ObjectNode unlessOptedOut() {
        return notIn(Labels.INJECT, "disabled");
    }

    private ObjectNode injector(String by, ObjectNode pods, Object... namespaces) {
        ArrayNode namespaceRules = Tree.list(namespaces);
        namespaceRules.add(notIn(NAMESPACE_NAME, NEVER));
        ObjectNode webhook = webhook(by + ".injector.meshctl.dev", "/inject", site.name(Part.CONTROL_PLANE));
        webhook.setAll(Tree.map(
                "failurePolicy", Words.of(site.values().injection().failurePolicy()),
                "timeoutSeconds", site.values().injection().timeoutSeconds(),
                "reinvocationPolicy", "IfNeeded",
                "namespaceSelector", Tree.map("matchExpressions", namespaceRules),
                "objectSelector", Tree.map("matchExpressions", Tree.list(pods)),
                "rules", Tree.list(Tree.map("apiGroups", Tree.list(""), "apiVersions", Tree.list("v1"),
                        "operations", Tree.list("CREATE"), "resources", Tree.list("pods"), "scope", "Namespaced"))));
        return webhook;
    }

    // Deletes and status are not asked about: a mesh can be taken down without its control plane. Nor are the settings of
    // the mesh, which an installation writes to bring a control plane back.
    private ObjectNode validator() {
        FailurePolicy policy = site.values().validation().failurePolicy();
        ObjectNode webhook = webhook("validator.meshctl.dev", "/validate", site.name(Part.CONTROL_PLANE));
        webhook.setAll(Tree.map(
                "failurePolicy", Words.of(policy),
                "timeoutSeconds", 5,
                "rules", Tree.list(Tree.map("apiGroups", Tree.list("meshctl.dev"), "apiVersions", Tree.list("v1alpha1"),
                        "operations", Tree.list("CREATE", "UPDATE"),
                        "resources", Tree.each(CustomResources.KINDS.stream().filter(kind -> kind != Kinds.MESH)
                                .map(Kind::plural).toList()), "scope", "*"))));
        return webhook;
    }

    private static ObjectNode webhook(String name, String path, String service) {
        return Tree.map("name", name, "admissionReviewVersions", Tree.list("v1"), "sideEffects", "None",
                "matchPolicy", "Equivalent",
                "clientConfig", Tree.map("service", Tree.map("name", service, "namespace", Site.NAMESPACE,
                        "path", path, "port", Part.CONTROL_PLANE.port("webhooks").service())));
    }

    private static ObjectNode in(String key, String value) {
        return Tree.map("key", key, "operator", "In", "values", Tree.list(value));
    }

    private static ObjectNode notIn(String key, String... values) {
        return Tree.map("key", key, "operator", "NotIn", "values", Tree.each(List.of(values)));
    }

    private static ObjectNode absent(String key) {
        return Tree.map("key", key, "operator", "DoesNotExist");
    }
}
