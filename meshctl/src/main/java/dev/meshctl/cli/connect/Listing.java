package dev.meshctl.cli.connect;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * The resources of a kind, as a control plane has them.
 *
 * @param digest of what was asked for, to ask whether anything has changed since; empty if the control plane is older than that
 */
public record Listing(List<Listed> resources, String digest) {
    public Listing {
        resources = List.copyOf(resources);
    }

    /**
     * One of them.
     *
     * @param state in a word or several, as Accepted; empty if there is nothing to say
     */
    public record Listed(ObjectNode resource, String state) {}
}
