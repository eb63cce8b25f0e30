package dev.meshctl.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A workload behind a gateway: sends back what it gets, or takes it only, as the first byte after the ClientHello says. */
final class RelayWorkload {
    static final int CONNECTIONS = 4;
    static final int SINK = 0;
    static final int ECHO = 1;
    static final int READY = 2;

    private static final int RECORD_HEADER_BYTES = 5;

    private final ServerSocket server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());

    RelayWorkload() throws IOException {
        Thread.ofPlatform().daemon().start(this::serve);
    }

    int port() {
        return server.getLocalPort();
    }

    private void serve() {
        try {
            while (true) {
                Socket caller = server.accept();
                Thread.ofPlatform().daemon().start(() -> answer(caller));
            }
        } catch (IOException e) {
            System.err.println("the workload takes no more calls: " + e);
        }
    }

    private static void answer(Socket caller) {
        byte[] bytes = new byte[1 << 16];
        try (caller) {
            caller.setTcpNoDelay(true);
            InputStream in = caller.getInputStream();
            byte[] header = in.readNBytes(RECORD_HEADER_BYTES);
            in.skipNBytes((header[3] & 0xff) << 8 | header[4] & 0xff);
            boolean echo = in.read() == ECHO;
            caller.getOutputStream().write(READY);
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                if (echo) {
                    caller.getOutputStream().write(bytes, 0, count);
                }
            }
        } catch (IOException e) {
            System.err.println("a call broke: " + e);
        }
    }
}
