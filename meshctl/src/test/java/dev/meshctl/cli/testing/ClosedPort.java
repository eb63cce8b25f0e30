package dev.meshctl.cli.testing;

import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A port of 127.0.0.1 that takes no connection, and that nobody else gets meanwhile: it is bound, and does not listen. */
public final class ClosedPort implements AutoCloseable {
    private final Socket bound = new Socket();

    public ClosedPort() throws IOException {
        bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    public HostPort address() {
        return new HostPort("127.0.0.1", bound.getLocalPort());
    }

    public String url() {
        return "http://" + address();
    }

    @Override
    public void close() throws IOException {
        bound.close();
    }
}
