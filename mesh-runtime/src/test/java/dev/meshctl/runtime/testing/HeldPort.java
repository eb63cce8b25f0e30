package dev.meshctl.runtime.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of 127.0.0.1 that nobody else gets: bound, but not listened on, so that connections are refused. A server of
 * the test may listen there all the same, as servers reuse addresses.
 */
public final class HeldPort implements AutoCloseable {
    private final Socket bound = new Socket();

    public HeldPort() throws IOException {
        bound.setReuseAddress(true);
        bound.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
    }

    public int port() {
        return bound.getLocalPort();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) bound.getLocalSocketAddress();
    }

    @Override
    public void close() throws IOException {
        bound.close();
    }
}
