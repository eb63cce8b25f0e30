package dev.meshctl.cli.install.kubernetes.render;

import java.util.List;

/**
 * Permissions of one part, or of users.
 *
 * @param name of the role and its binding
 * @param holder who has it
 * @param everywhere false: in the mesh's own namespace only
 */
record AccessRole(String name, Holder holder, boolean everywhere, List<AccessRule> rules) {
    /** Who has permissions. */
    sealed interface Holder {}

    /** A part of the mesh, by its service account. */
    record PartHolder(Part part) implements Holder {}

    /** Whoever has one of the cluster's own roles {@code view}, {@code edit} and {@code admin}. */
    record Users(List<String> aggregateTo) implements Holder {}
}
