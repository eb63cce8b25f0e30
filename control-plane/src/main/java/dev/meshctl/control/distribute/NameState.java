package dev.meshctl.control.distribute;

import org.jspecify.annotations.Nullable;

/**
 * What one proxy was told about one name and what it said to that. Guarded by the lock of the stream.
 */
final class NameState {
    /** The version that stands for "does not exist". */
    static final String ABSENT = "";

    /** Subscribed to by its name, not only by a wildcard. */
    boolean explicit;
    /** What the proxy has, or is about to have; null: it was told nothing yet. */
    @Nullable String sent;
    @Nullable String acked;
    @Nullable String nacked;

    /** Answered by the proxy, for the version that was sent last. */
    boolean isAcked() {
        return sent != null && sent.equals(acked);
    }

    boolean isNacked() {
        return sent != null && sent.equals(nacked);
    }
}
