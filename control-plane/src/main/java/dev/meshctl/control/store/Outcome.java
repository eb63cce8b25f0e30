package dev.meshctl.control.store;

import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import java.util.Optional;

/**
 * What a change did.
 *
 * @param before empty if there was none
 * @param after as stored; empty if there is none now
 */
public record Outcome(ResourceKey key, Optional<Resource> before, Optional<Resource> after) {
    /** False if everything was as asked for already. */
    public boolean changed() {
        return !before.equals(after);
    }

    /** As kubectl words it: created, configured, unchanged or deleted. */
    public String action() {
        if (!changed()) {
            return "unchanged";
        }
        if (after.isEmpty()) {
            return "deleted";
        }
        return before.isEmpty() ? "created" : "configured";
    }
}
