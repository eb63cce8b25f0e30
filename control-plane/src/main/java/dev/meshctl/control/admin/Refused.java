package dev.meshctl.control.admin;

import io.grpc.Status;

/** A call of the admin API that is answered with an error. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Status status;

    private Refused(Status.Code code, String message) {
        super(message);
        this.status = code.toStatus().withDescription(message);
    }

    static Refused invalid(String message) {
        return new Refused(Status.Code.INVALID_ARGUMENT, message);
    }

    static Refused notFound(String message) {
        return new Refused(Status.Code.NOT_FOUND, message);
    }

    static Refused precondition(String message) {
        return new Refused(Status.Code.FAILED_PRECONDITION, message);
    }

    Status status() {
        return status;
    }
}
