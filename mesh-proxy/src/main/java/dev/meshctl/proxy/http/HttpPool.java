package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Connections of one event loop, by origin. Confined to that event loop. */
final class HttpPool {
    private final EventLoop loop;
    private final Dialer dialer;
    private final Limits limits;
    private final Map<Origin.Key, OriginPool> origins = new HashMap<>();
    private boolean closed;

    HttpPool(EventLoop loop, Dialer dialer, Limits limits) {
        this.loop = loop;
        this.dialer = dialer;
        this.limits = limits;
    }

    /** Asks for a stream; the handle lets go of the wish while it has not been granted. */
    Runnable open(Origin origin, HttpStream.Listener listener) {
        if (closed) {
            listener.failed(FailureCause.DRAINING, "the listener is closed");
            return () -> {};
        }
        return origins.computeIfAbsent(origin.key(), this::newPool).open(origin, listener);
    }

    private OriginPool newPool(Origin.Key key) {
        return new OriginPool(loop, dialer, limits, key.http2(), () -> origins.remove(key));
    }

    void close() {
        closed = true;
        List<OriginPool> all = new ArrayList<>(origins.values());
        all.forEach(OriginPool::close);
    }
}
