package dev.meshctl.proxy.inbound;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tls.ConnectionGate;
import dev.meshctl.proxy.tls.Origin;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** Bounds what one workload's inbound side opens to its application. */
final class AppConnections implements ConnectionGate {
    private static final int MAX_PENDING = 1024;

    private final Limits limits;
    private final AtomicInteger open = new AtomicInteger();

    AppConnections(Limits limits) {
        this.limits = limits;
    }

    Origin origin(InetSocketAddress address, boolean http2) {
        return new Origin(address, null, http2, this, MAX_PENDING, limits.appConnectTimeout(),
                FailureCause.APP_CONNECT_FAILED);
    }

    @Override
    public boolean tryConnection() {
        if (open.incrementAndGet() <= limits.maxAppConnections()) {
            return true;
        }
        open.decrementAndGet();
        return false;
    }

    @Override
    public void takeConnection() {
        open.incrementAndGet();
    }

    @Override
    public void connectionClosed() {
        open.decrementAndGet();
    }
}
