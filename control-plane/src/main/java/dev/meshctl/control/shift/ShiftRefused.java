package dev.meshctl.control.shift;

/** An action that a shift, in its state, does not allow; or a shift that is not there. */
public final class ShiftRefused extends Exception {
    private final Cause cause;

    /** Why. */
    public enum Cause {
        NOT_FOUND,
        /** Not in this phase. */
        WRONG_PHASE,
        /** Changed at the same time; ask again. */
        CHANGED
    }

    ShiftRefused(Cause cause, String message) {
        super(message);
        this.cause = cause;
    }

    /** For the code of the answer. */
    public Cause why() {
        return cause;
    }
}
