package dev.meshctl.proxy.http;

import dev.meshctl.api.identity.SpiffeId;
import org.jspecify.annotations.Nullable;

/** A connection that carries exchanges: one at a time, or many. */
interface PooledConnection {
    @Nullable SpiffeId peer();

    /** True if one more exchange can start now. */
    boolean hasRoom();

    /** True while the other side has not yet said how many exchanges it bears at a time: more room may come soon. */
    default boolean settling() {
        return false;
    }

    /** Starts one; only when there is room. */
    void start(HttpStream.Listener listener);

    /** True if no exchange runs. */
    boolean idle();

    /** No further exchange starts; closes when the last one has ended. */
    void retire();

    void close();

    /** Closes it because its listener is closed. */
    void stop();
}
