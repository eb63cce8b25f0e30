package dev.meshctl.proxy.balance;

/** An endpoint with what was seen of it. */
public final class LiveEndpoint {
    private final EndpointSpec spec;
    private final EndpointStats stats;

    LiveEndpoint(EndpointSpec spec, EndpointStats stats) {
        this.spec = spec;
        this.stats = stats;
    }

    public EndpointSpec spec() {
        return spec;
    }

    EndpointStats stats() {
        return stats;
    }

    /** Requests and opaque connections that are there now. */
    public int inFlight() {
        return stats.inFlight().get();
    }

    /** True while it is left out for its failures. */
    public boolean ejected() {
        return stats.ejected();
    }

    /** Takes one of the allowed requests; false at the bound. Each success must be followed by {@link #ended}. */
    public boolean tryStart(CircuitBounds bounds) {
        if (stats.inFlight().get() >= bounds.maxRequests()) {
            return false;
        }
        stats.started();
        return true;
    }

    /** Ends what {@link #tryStart} began. */
    public void ended() {
        stats.ended();
    }

    /** Takes one of the allowed connections; false at the bound. */
    public boolean tryConnection(CircuitBounds bounds) {
        if (stats.connections().incrementAndGet() <= bounds.maxConnections()) {
            return true;
        }
        stats.connections().decrementAndGet();
        return false;
    }

    /** Takes a connection, the bound or not. */
    public void takeConnection() {
        stats.connections().incrementAndGet();
    }

    /** Gives a connection back. */
    public void connectionClosed() {
        stats.connections().decrementAndGet();
    }

    @Override
    public String toString() {
        return spec.id();
    }
}
