package dev.meshctl.gateway.peering;

/** The states of a link as its gateway reports them. */
enum LinkPhase {
    /** Never connected yet. */
    JOINING("Joining"),
    /** The peer is there and has told all it exports. */
    ACTIVE("Active"),
    /** The peer is away; what it last said still counts, until the grace is over. */
    STALE("Stale"),
    /** The peer refused the token, or is not who the token says. */
    FAILED("Failed");

    private final String text;

    LinkPhase(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }
}
