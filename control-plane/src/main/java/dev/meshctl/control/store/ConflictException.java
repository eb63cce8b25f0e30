package dev.meshctl.control.store;

import dev.meshctl.api.resource.ResourceKey;

/** A write was made for a version of a resource that is not the current one. */
public final class ConflictException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param current empty if there is none now */
    public ConflictException(ResourceKey key, String given, String current) {
        super(current.isEmpty()
                ? key + " is gone, and the write was for its version " + given + "; leave resourceVersion out to create it"
                : key + " is at version " + current + ", and the write was for version " + given
                        + "; read it again and repeat the change");
    }
}
