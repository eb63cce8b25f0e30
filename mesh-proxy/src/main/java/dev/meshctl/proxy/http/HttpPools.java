package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tls.Dialer;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The connections of one listener to its upstreams: one pool for each event loop, so that none needs a lock. */
public final class HttpPools {
    private final Dialer dialer;
    private final Limits limits;
    private final Map<EventLoop, HttpPool> pools = new ConcurrentHashMap<>();

    public HttpPools(Dialer dialer, Limits limits) {
        this.dialer = dialer;
        this.limits = limits;
    }

    HttpPool on(EventLoop loop) {
        return pools.computeIfAbsent(loop, l -> new HttpPool(l, dialer, limits));
    }

    /** Closes all connections. */
    public void close() {
        pools.forEach((loop, pool) -> {
            if (!loop.isShuttingDown()) {
                loop.execute(pool::close);
            }
        });
    }
}
