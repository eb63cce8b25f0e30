package dev.meshctl.runtime.identity;

import java.util.function.Consumer;

/** The SVID that a process or workload has now, and word of each new one. */
public interface SvidSource {
    /** The current SVID. Never null; may be past its end when renewal has failed for long. */
    Svid current();

    /**
     * Calls the listener on each renewal, on the renewing thread, until the returned handle is closed.
     * The listener is not called with the current SVID.
     */
    Subscription onChange(Consumer<Svid> listener);

    /** Ends a subscription; closing twice does nothing. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
