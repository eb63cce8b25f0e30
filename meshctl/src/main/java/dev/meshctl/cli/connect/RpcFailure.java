package dev.meshctl.cli.connect;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;

/** Tells a failed call in the user's words. */
public final class RpcFailure {
    private static final Map<String, String> OWN_WORDS = Map.of(
            "Connection refused", "connection refused",
            "Connection reset", "the connection was reset",
            "Broken pipe", "the connection was reset",
            "Network closed", "the connection was closed",
            "Connection closed", "the connection was closed",
            "Network is unreachable", "its network is unreachable",
            "No route to host", "its network is unreachable",
            "connection timed out", "it does not accept the connection in time");

    private RpcFailure() {}

    /**
     * The error for a failed call.
     *
     * @param what what was tried, as in "cannot list the services"
     * @param part whom it was asked of, as in "control plane"
     */
    public static CliError of(StatusRuntimeException failure, String what, String part, Cluster cluster) {
        Status status = failure.getStatus();
        String said = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        CliError error = CliError.failed(what).at("cluster " + cluster.name() + ", " + part).from(failure);
        return switch (status.getCode()) {
            case UNAVAILABLE -> error.because("it does not answer (" + reason(failure) + ")")
                    .next("meshctl status --cluster " + cluster.name());
            case DEADLINE_EXCEEDED -> error.because(reason(failure)).next("meshctl status --cluster " + cluster.name());
            case UNAUTHENTICATED, PERMISSION_DENIED -> error.because(said).next("meshctl trust status --cluster "
                    + cluster.name());
            default -> error.because(said);
        };
    }

    /** Why the call failed, in a few words. */
    public static String reason(StatusRuntimeException failure) {
        String description = failure.getStatus().getDescription();
        String said = description == null ? failure.getStatus().getCode().toString() : description;
        return switch (failure.getStatus().getCode()) {
            case UNAVAILABLE -> root(failure, said);
            case DEADLINE_EXCEEDED -> "no answer in time";
            default -> said;
        };
    }

    private static String root(Throwable failure, String fallback) {
        Throwable cause = failure.getCause();
        if (cause == null) {
            return inOwnWords(fallback);
        }
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String said = cause.getMessage() == null ? fallback : cause.getMessage();
        return inOwnWords(said);
    }

    /** The transports tell system calls with their numbers, and states of their own. */
    private static String inOwnWords(String said) {
        return OWN_WORDS.entrySet().stream().filter(word -> said.contains(word.getKey())).map(Map.Entry::getValue)
                .findFirst().orElse(said);
    }
}
