package dev.meshctl.cli.verify;

import io.grpc.StatusRuntimeException;

/** What a check needs to know could not be had. */
final class UnavailableException extends Exception {
    UnavailableException(String what, Throwable cause) {
        super(what + ": " + reason(cause), cause);
    }

    private static String reason(Throwable cause) {
        if (cause instanceof StatusRuntimeException failure) {
            String description = failure.getStatus().getDescription();
            Throwable root = failure.getCause();
            while (root != null && root.getCause() != null) {
                root = root.getCause();
            }
            String deep = root == null || root.getMessage() == null ? "" : " (" + root.getMessage() + ")";
            return failure.getStatus().getCode() + (description == null ? "" : " " + description) + deep;
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
