package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.values.Values;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** All objects of an installation, in the order in which they are applied. The same input gives the same bytes. */
public final class Rendering {
    /** Of the mesh's own objects. */
    public static final String NAMESPACE = Site.NAMESPACE;
    /** The CA, made in the cluster: whoever removes it ends all trust in the mesh. */
    public static final String CA_SECRET = Site.CA_SECRET;
    /** The bundles of linked meshes, written in the cluster. */
    public static final String LINKED_MAP = Site.LINKED_MAP;
    /** The bundle of the mesh, copied into namespaces whose pods have proxies. */
    public static final String BUNDLE_MAP = Site.BUNDLE_MAP;
    /** Label of namespaces, and of objects that one revision has for itself. */
    public static final String REVISION_LABEL = Labels.REVISION;
    /** Label selector of what the mesh itself makes, in namespaces of others too. */
    public static final String MANAGED_OBJECTS = "app.kubernetes.io/managed-by=" + Labels.PRODUCT;
    /** Label selector of all objects that an installation made. */
    public static final String OWN_OBJECTS = MANAGED_OBJECTS + "," + Labels.PART_OF + "=" + Labels.PRODUCT;
    /** The labels that tell an object of an installation. */
    public static final List<String> LABELS = List.of("app.kubernetes.io/managed-by", Labels.PART_OF, "app.kubernetes.io/version", Labels.REVISION);

    private final List<RenderedObject> objects = new ArrayList<>();

    private Rendering(Site site) {
        Foundation foundation = new Foundation(site);
        Workloads workloads = new Workloads(site);
        add(InstallStep.CUSTOM_RESOURCES, foundation.customResources());
        add(InstallStep.NAMESPACE, List.of(foundation.namespace()));
        add(InstallStep.SERVICE_ACCOUNTS, foundation.serviceAccounts());
        add(InstallStep.ACCESS, new Access(site).objects());
        add(InstallStep.CONFIGURATION, foundation.configuration());
        add(InstallStep.TRUST_BRIDGE, workloads.of(Part.TRUST_BRIDGE));
        add(InstallStep.CONTROL_PLANE, workloads.of(Part.CONTROL_PLANE));
        add(InstallStep.GATEWAY, workloads.of(Part.GATEWAY));
        add(InstallStep.DISRUPTION_BUDGETS, workloads.disruptionBudgets());
        add(InstallStep.NETWORK_POLICIES, new Networks(site).policies());
        add(InstallStep.WEBHOOKS, new Webhooks(site).configurations());
    }

    /** Renders an installation. */
    public static Rendering of(Target target, Values values) {
        return new Rendering(new Site(target, values));
    }

    /** In order; no two have the same key. */
    public List<RenderedObject> objects() {
        return List.copyOf(objects);
    }

    /** All objects as YAML documents. */
    public String yaml() {
        return YamlText.write(objects.stream().map(RenderedObject::tree).toList());
    }

    private void add(InstallStep step, List<ObjectNode> trees) {
        trees.forEach(tree -> objects.add(new RenderedObject(step, tree)));
    }
}
