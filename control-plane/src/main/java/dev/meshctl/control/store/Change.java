package dev.meshctl.control.store;

import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;

/** One write that is asked for. */
public sealed interface Change {
    ResourceKey key();

    /**
     * Creates or replaces. If the resource names a {@code resourceVersion}, it must be the current one.
     *
     * @param resource with its status as it shall be stored
     */
    record Put(Resource resource) implements Change {
        @Override
        public ResourceKey key() {
            return resource.key();
        }
    }

    /** As {@link Put}, but keeps the status that is stored: it is not the user's to write. */
    record Apply(Resource resource) implements Change {
        @Override
        public ResourceKey key() {
            return resource.key();
        }
    }

    /** Creates; it must not be there yet. */
    record Create(Resource resource) implements Change {
        @Override
        public ResourceKey key() {
            return resource.key();
        }
    }

    /** Removes; removing what is not there does nothing. */
    record Remove(ResourceKey key) implements Change {}
}
