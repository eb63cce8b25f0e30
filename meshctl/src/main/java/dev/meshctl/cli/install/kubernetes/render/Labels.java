package dev.meshctl.cli.install.kubernetes.render;

import tools.jackson.databind.node.ObjectNode;

/**
 * Labels of objects.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/">Recommended labels</a>
 */
final class Labels {
    /** On namespaces: which control plane; on the mesh's objects: whose they are. */
    static final String REVISION = "meshctl.dev/revision";
    /** On namespaces and pods: {@code enabled} or {@code disabled}. */
    static final String INJECT = "meshctl.dev/inject";
    static final String NAME = "app.kubernetes.io/name";
    static final String PART_OF = "app.kubernetes.io/part-of";
    static final String PRODUCT = "meshctl";

    private Labels() {}

    /** Of what all revisions share. */
    static ObjectNode shared(Site site) {
        return Tree.map(PART_OF, PRODUCT, "app.kubernetes.io/managed-by", PRODUCT, "app.kubernetes.io/version", version(site));
    }

    /** Of what one revision has for itself. */
    static ObjectNode revised(Site site) {
        return shared(site).put(REVISION, site.revision());
    }

    /** Of what belongs to one part. */
    static ObjectNode of(Site site, Part part) {
        ObjectNode labels = Tree.map(NAME, part.word());
        labels.setAll(part == Part.CONTROL_PLANE ? revised(site) : shared(site));
        return labels;
    }

    /** What selects the pods of a part; of the control plane those of this revision. Never changes, unlike versions. */
    static ObjectNode selector(Site site, Part part) {
        return Tree.map(NAME, part.word(), PART_OF, PRODUCT,
                REVISION, Tree.when(part == Part.CONTROL_PLANE, site.revision()));
    }

    // A label has neither "+" nor more than 63 characters, a version may.
    private static String version(Site site) {
        String version = site.target().version().replaceAll("[^A-Za-z0-9._-]", "_");
        return version.substring(0, Math.min(63, version.length())).replaceAll("^[._-]+|[._-]+$", "");
    }
}
