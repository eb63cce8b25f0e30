package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.values.Values;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** All objects of an installation, in the order in which they are applied. The same input gives the same bytes. */
public final class Rendering {
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
