package dev.meshctl.cli.install.kubernetes.render;

import tools.jackson.databind.node.ObjectNode;

/**
 * One object to apply.
 *
 * @param step when
 * @param tree as the API server takes it, keys in a stable order
 */
public record RenderedObject(InstallStep step, ObjectNode tree) {
    /** What tells it from all others. */
    public Key key() {
        return new Key(tree.path("apiVersion").asString(), tree.path("kind").asString(),
                tree.path("metadata").path("namespace").asString(""), tree.path("metadata").path("name").asString());
    }

    /** @param namespace empty for objects that belong to the whole cluster */
    public record Key(String apiVersion, String kind, String namespace, String name) {
        @Override
        public String toString() {
            return kind + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
        }
    }
}
