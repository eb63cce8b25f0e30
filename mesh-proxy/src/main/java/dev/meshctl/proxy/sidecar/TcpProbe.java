package dev.meshctl.proxy.sidecar;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** The application accepts a connection. */
record TcpProbe(int port, Duration timeout) implements AppProbe {
    @Override
    public String failure(InetSocketAddress application) {
        try (Socket socket = new Socket()) {
            socket.connect(application, Math.toIntExact(timeout.toMillis()));
            return "";
        } catch (IOException e) {
            return "no connection to " + application + ": " + e.getMessage();
        }
    }
}
