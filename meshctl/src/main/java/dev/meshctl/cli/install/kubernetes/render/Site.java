package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.install.kubernetes.values.Resources;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.Values.Network.IpFamily;
import tools.jackson.databind.node.ObjectNode;

/** One installation: the target, its values, and what follows from them in several objects. */
record Site(Target target, Values values) {
    /** Of the mesh's own objects. */
    static final String NAMESPACE = "mesh-system";
    /** The CA, made in the cluster. */
    static final String CA_SECRET = "trust-bridge-ca";
    /** The CA of the webhooks' certificates, one for all revisions, made in the cluster. */
    static final String WEBHOOK_SECRET = "webhook-ca";
    /** Hashes of link tokens and secrets that are still to be presented, written in the cluster. */
    static final String LINK_SECRET = "link-tokens";
    /** The bundle of the mesh, for those who have no identity yet. */
    static final String BUNDLE_MAP = "mesh-bundle";
    /** The bundles of linked meshes. */
    static final String LINKED_MAP = "linked-bundles";

    TrustDomain trustDomain() {
        return values.trustDomain().isEmpty() ? TrustDomain.ofCluster(target.cluster()) : new TrustDomain(values.trustDomain());
    }

    String revision() {
        return values.revision().name();
    }

    boolean promoted() {
        return values.revision().promoted();
    }

    /** Of an object that each revision has for itself. */
    String revised(String name) {
        return revision().equals(Values.Revision.DEFAULT) ? name : name + "-" + revision();
    }

    /** The name of a part's Deployment, Service and configuration. */
    String name(Part part) {
        return part == Part.CONTROL_PLANE ? revised(part.word()) : part.word();
    }

    int replicas(Part part) {
        return switch (part) {
            case TRUST_BRIDGE -> values.trustBridge().replicas();
            case CONTROL_PLANE -> values.controlPlane().replicas();
            case GATEWAY -> values.gateway().replicas();
        };
    }

    Resources resources(Part part) {
        return switch (part) {
            case TRUST_BRIDGE -> values.trustBridge().resources();
            case CONTROL_PLANE -> values.controlPlane().resources();
            case GATEWAY -> values.gateway().resources();
        };
    }

    /** Whether it is rendered: what all revisions share belongs to the promoted one. */
    boolean has(Part part) {
        return switch (part) {
            case TRUST_BRIDGE -> promoted();
            case CONTROL_PLANE -> true;
            case GATEWAY -> promoted() && values.gateway().enabled();
        };
    }

    /** Where the others of the mesh reach a part. */
    String address(Part part, String port) {
        return name(part) + "." + NAMESPACE + ".svc:" + part.port(port).service();
    }

    /** What a daemon binds to. */
    String bind(Part.Port port) {
        return (values.network().ipFamily() == IpFamily.IPV4 ? "0.0.0.0:" : "[::]:") + port.number();
    }

    String image() {
        Values.Image image = values.image();
        if (!image.digest().isEmpty()) {
            return image.repository() + (image.tag().isEmpty() ? "" : ":" + image.tag()) + "@" + image.digest();
        }
        // A version may have a "+", a tag may not.
        return image.repository() + ":" + (image.tag().isEmpty() ? target.version().replace('+', '_') : image.tag());
    }

    /** An object of the mesh's namespace. */
    ObjectNode object(String apiVersion, String kind, String name, ObjectNode labels) {
        return Tree.map("apiVersion", apiVersion, "kind", kind,
                "metadata", Tree.map("name", name, "namespace", NAMESPACE, "labels", labels));
    }

    /** An object of the whole cluster. */
    ObjectNode clusterObject(String apiVersion, String kind, String name, ObjectNode labels) {
        return Tree.map("apiVersion", apiVersion, "kind", kind, "metadata", Tree.map("name", name, "labels", labels));
    }
}
