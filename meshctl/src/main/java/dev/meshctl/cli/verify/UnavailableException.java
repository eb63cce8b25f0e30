package dev.meshctl.cli.verify;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.RpcFailure;
import io.grpc.StatusRuntimeException;

/** What a check needs to know could not be had. */
final class UnavailableException extends Exception {
    UnavailableException(String what, Throwable cause) {
        super(what + " (" + reason(cause) + ")", cause);
    }

    private static String reason(Throwable cause) {
        return switch (cause) {
            case StatusRuntimeException failure -> RpcFailure.reason(failure);
            case CliError error -> error.what();
            default -> cause.getMessage() == null ? cause.toString() : cause.getMessage();
        };
    }
}
