package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.crd.CustomResources;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** What the parts stand on: custom resources, the namespace, service accounts, configuration. */
final class Foundation {
    private final Site site;

    Foundation(Site site) {
        this.site = site;
    }

    List<ObjectNode> customResources() {
        return CustomResources.definitions().stream().map(definition -> {
            ObjectNode metadata = Tree.map("name", definition.path("metadata").path("name"), "labels", Labels.shared(site));
            return Tree.map("apiVersion", definition.path("apiVersion"), "kind", definition.path("kind"),
                    "metadata", metadata, "spec", definition.path("spec"));
        }).toList();
    }

    /** Its pods keep the strictest of the pod security standards, and never get a proxy. */
    ObjectNode namespace() {
        ObjectNode labels = Tree.map(
                "pod-security.kubernetes.io/enforce", "restricted",
                "pod-security.kubernetes.io/audit", "restricted",
                "pod-security.kubernetes.io/warn", "restricted",
                Labels.INJECT, "disabled");
        labels.setAll(Labels.shared(site));
        return site.clusterObject("v1", "Namespace", Site.NAMESPACE, labels);
    }

    /** A token is mounted only where a pod asks for it. */
    List<ObjectNode> serviceAccounts() {
        boolean gateway = site.values().gateway().enabled();
        Stream<String> parts = Stream.of(Part.values()).filter(part -> part != Part.GATEWAY || gateway).map(Part::word);
        return Stream.concat(parts, Stream.of(Installed.ADMIN_ACCOUNT)).map(name -> site
                .object("v1", "ServiceAccount", name, Tree.map(Labels.NAME, name).setAll(Labels.shared(site)))
                .put("automountServiceAccountToken", false)).toList();
    }

    /** The secrets and bundles have no data: the mesh fills them. */
    List<ObjectNode> configuration() {
        List<ObjectNode> objects = new ArrayList<>();
        objects.add(empty("Secret", Site.CA_SECRET, Labels.shared(site)).put("type", "Opaque"));
        objects.add(empty("Secret", Site.WEBHOOK_SECRET, Labels.shared(site)).put("type", "Opaque"));
        objects.add(empty("Secret", Site.LINK_SECRET, Labels.shared(site)).put("type", "Opaque"));
        objects.add(empty("ConfigMap", Site.BUNDLE_MAP, Labels.shared(site)));
        objects.add(empty("ConfigMap", Site.LINKED_MAP, Labels.shared(site)));
        DaemonFiles files = new DaemonFiles(site);
        for (Part part : Part.values()) {
            if (site.has(part)) {
                ObjectNode map = site.object("v1", "ConfigMap", site.name(part), Labels.of(site, part));
                map.set("data", Tree.texts(files.of(part)));
                objects.add(map);
            }
        }
        objects.add(mesh());
        return objects;
    }

    // Only what an installation decides; all other settings of a mesh are its users'.
    private ObjectNode mesh() {
        ObjectNode mesh = site.clusterObject("meshctl.dev/v1alpha1", "Mesh", "default", Labels.shared(site));
        mesh.set("spec", Tree.map("trustDomain", site.trustDomain().name()));
        return mesh;
    }

    private ObjectNode empty(String kind, String name, ObjectNode labels) {
        return site.object("v1", kind, name, labels);
    }
}
