package dev.meshctl.cli.install.kubernetes.api;

/**
 * A permission to ask for.
 *
 * @param group empty for the core group
 * @param namespace empty: in the whole cluster
 */
public record AccessQuestion(String verb, String group, String resource, String namespace) {
    /** As in {@code create deployments.apps in namespace mesh-system}. */
    @Override
    public String toString() {
        return verb + " " + resource + (group.isEmpty() ? "" : "." + group)
                + (namespace.isEmpty() ? "" : " in namespace " + namespace);
    }
}
