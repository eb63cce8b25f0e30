package dev.meshctl.proxy.tls;

/** Bounds the connections to one place. */
public interface ConnectionGate {
    /** Takes one; false at the bound. */
    boolean tryConnection();

    /** Takes one, the bound or not: for a pool that has none, so that others cannot starve it. */
    void takeConnection();

    /** Gives one back. */
    void connectionClosed();

    /** No bound. */
    ConnectionGate OPEN = new ConnectionGate() {
        @Override
        public boolean tryConnection() {
            return true;
        }

        @Override
        public void takeConnection() {}

        @Override
        public void connectionClosed() {}
    };
}
