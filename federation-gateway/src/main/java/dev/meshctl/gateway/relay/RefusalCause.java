package dev.meshctl.gateway.relay;

import java.util.Locale;

/** Why a connection was not relayed. Each is a metric label; some are told to the client as a TLS alert. */
public enum RefusalCause {
    /** The server name is missing or has no form that this mesh uses. */
    UNKNOWN_SNI(Alert.UNRECOGNIZED_NAME),
    /** The service, or this port of it, is not exported by this cluster. */
    NOT_EXPORTED(Alert.UNRECOGNIZED_NAME),
    /** The server name is of a cluster that is not linked. */
    UNKNOWN_CLUSTER(Alert.UNRECOGNIZED_NAME),
    /** Exported, but no workload (of the asked version) is ready, or none of those tried accepted. */
    NO_READY_TARGET(Alert.INTERNAL_ERROR),
    /** No gateway of the linked cluster accepted a connection. */
    PEER_UNREACHABLE(Alert.INTERNAL_ERROR),
    /** A gateway of another cluster asked to be relayed on to a third one. */
    TRANSIT_REFUSED(Alert.ACCESS_DENIED),
    /** The bytes are not a TLS ClientHello, or one that breaks a rule or a bound. */
    GARBAGE(Alert.NONE),
    /** No complete ClientHello came in time. */
    HELLO_TIMEOUT(Alert.NONE),
    /** The client went away before its ClientHello was complete. */
    HELLO_CUT(Alert.NONE),
    /** The bound on connections is reached. */
    OVERLOADED(Alert.NONE),
    /** The gateway's own gRPC server did not accept. */
    LOCAL_SERVER_UNAVAILABLE(Alert.INTERNAL_ERROR);

    private final Alert alert;

    RefusalCause(Alert alert) {
        this.alert = alert;
    }

    Alert alert() {
        return alert;
    }

    /** Lower case with underscores, e.g. {@code not_exported}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
