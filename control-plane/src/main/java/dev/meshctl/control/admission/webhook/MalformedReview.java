package dev.meshctl.control.admission.webhook;

/** What arrived is no AdmissionReview that can be answered. */
final class MalformedReview extends Exception {
    private final String cause;
    private final int httpStatus;

    /** @param cause the name that it is counted under */
    MalformedReview(String cause, int httpStatus, String message) {
        super(message);
        this.cause = cause;
        this.httpStatus = httpStatus;
    }

    String causeName() {
        return cause;
    }

    int httpStatus() {
        return httpStatus;
    }
}
