package dev.meshctl.kubernetes.failure;

/**
 * A field that another field manager owns.
 *
 * @param manager as in {@code metadata.managedFields}, as {@code kubectl-edit}
 * @param field its path, as {@code .spec.replicas}
 */
public record FieldOwner(String manager, String field) {}
