package dev.meshctl.cli.connect;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Tells a failed call in the user's words. */
public final class RpcFailure {
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
            return fallback;
        }
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String said = cause.getMessage() == null ? fallback : cause.getMessage();
        // The native transport tells the system call and its number as well.
        return said.contains("Connection refused") ? "connection refused" : said;
    }
}
