package dev.meshctl.gateway.link;

/** What came of presenting a link token's secret. */
public sealed interface JoinOutcome {
    /** The peer has taken it, now or earlier. */
    record Joined() implements JoinOutcome {}

    /** The peer refused it for good: expired, used, unknown, for another mesh. */
    record Refused(String reason) implements JoinOutcome {}

    /** Who answers is not the gateway that the token names. Nothing was presented. */
    record NotTrusted(String reason) implements JoinOutcome {}

    /** The peer cannot be reached or cannot decide now; the secret is still good. */
    record NotNow(String reason) implements JoinOutcome {}
}
