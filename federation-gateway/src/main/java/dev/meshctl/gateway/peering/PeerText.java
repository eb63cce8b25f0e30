package dev.meshctl.gateway.peering;

import org.jspecify.annotations.Nullable;

/** Text of a peer, which may be anything, for logs and reasons. */
final class PeerText {
    private static final int MAX_CHARACTERS = 200;

    private PeerText() {}

    /** In printable ASCII, at most 200 characters of it. */
    static String printable(@Nullable String foreign) {
        String text = foreign == null ? "" : foreign.replaceAll("[^\\x20-\\x7e]", "?");
        return text.length() > MAX_CHARACTERS ? text.substring(0, MAX_CHARACTERS) + "..." : text;
    }
}
