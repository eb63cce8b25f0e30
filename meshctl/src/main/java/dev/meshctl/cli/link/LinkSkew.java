package dev.meshctl.cli.link;

import dev.meshctl.api.version.SemanticVersion;

/**
 * How far apart the versions of linked meshes may be. As far as a proxy may be from its control plane: a gateway that
 * relays, and a proxy that answers, need know no older callers than that.
 */
public final class LinkSkew {
    /** Minor versions of the same major one, either way. */
    public static final int MINORS = 2;

    private LinkSkew() {}

    /** Whether meshes of these versions go together. */
    public static boolean allows(SemanticVersion one, SemanticVersion other) {
        return apart(one, other) <= MINORS;
    }

    /** In minor versions; beyond any bound if the major ones differ. */
    public static int apart(SemanticVersion one, SemanticVersion other) {
        return Math.abs(one.ahead(other));
    }
}
