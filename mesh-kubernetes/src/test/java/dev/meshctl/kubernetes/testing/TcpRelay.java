package dev.meshctl.kubernetes.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The way to a server on loopback, which can be cut: open connections end, new ones are refused. */
public final class TcpRelay implements AutoCloseable {
    private final int target;
    private final int port;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private ServerSocket server;

    public TcpRelay(int target) throws IOException {
        this.target = target;
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        port = server.getLocalPort();
        listen(server);
    }

    public int port() {
        return port;
    }

    private void listen(ServerSocket on) {
        Thread.ofVirtual().name("tcp-relay").start(() -> {
            try {
                while (true) {
                    Socket client = on.accept();
                    open.add(client);
                    Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
                    open.add(upstream);
                    if (on.isClosed()) {
                        client.close(); // cut after it was accepted
                        upstream.close();
                        return;
                    }
                    pump(client, upstream);
                    pump(upstream, client);
                }
            } catch (IOException e) {
                // cut
            }
        });
    }

    private static void pump(Socket from, Socket to) {
        Thread.ofVirtual().start(() -> {
            try (from; to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                in.transferTo(out);
            } catch (IOException e) {
                // cut, or the other side has gone
            }
        });
    }

    /** As a server that is being restarted. */
    public void cut() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
        open.clear();
    }

    /** The server is back. */
    public void restore() throws IOException {
        server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        listen(server);
    }

    @Override
    public void close() throws IOException {
        cut();
    }
}
