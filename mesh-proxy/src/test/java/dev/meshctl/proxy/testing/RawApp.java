package dev.meshctl.proxy.testing;

import dev.meshctl.runtime.identity.Svid;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server whose test writes what it does with each connection, byte by byte. */
public final class RawApp implements AutoCloseable {
    /** Serves one connection; it is closed afterwards. */
    @FunctionalInterface
    public interface Talk {
        void with(Connection connection) throws Exception;
    }

    private final ServerSocket server;
    private final Talk talk;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    public final AtomicInteger connections = new AtomicInteger();
    /** Heads of requests that were read. */
    public final AtomicInteger requests = new AtomicInteger();

    private RawApp(ServerSocket server, Talk talk) {
        this.server = server;
        this.talk = talk;
        Thread.ofPlatform().daemon().name("raw-app").start(this::accept);
    }

    /** An application, in plain. */
    public static RawApp plain(Talk talk) throws IOException {
        ServerSocket server = new ServerSocket();
        server.setReceiveBufferSize(64 * 1024);
        server.bind(SmallMesh.loopback(), 50);
        return new RawApp(server, talk);
    }

    /** What stands where a proxy's inbound listener would: TLS with this SVID, HTTP/1.1 only. */
    public static RawApp secured(Svid svid, Talk talk) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("svid", svid.key(), new char[0], svid.chain().toArray(new Certificate[0]));
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, new char[0]);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(managers.getKeyManagers(), null, null);
        InetSocketAddress bind = SmallMesh.loopback();
        SSLServerSocket server =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 50, bind.getAddress());
        SSLParameters parameters = server.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        server.setSSLParameters(parameters);
        return new RawApp(server, talk);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                int number = connections.incrementAndGet();
                Thread.ofPlatform().daemon().name("raw-app-" + number).start(() -> serve(socket, number));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            talk.with(new Connection(socket, number));
        } catch (Exception e) {
            // the other side went away
        } finally {
            open.remove(socket);
        }
    }

    /** One accepted connection. */
    public final class Connection {
        private final Socket socket;
        private final int number;

        Connection(Socket socket, int number) {
            this.socket = socket;
            this.number = number;
        }

        /** 1 for the first connection of the server. */
        public int number() {
            return number;
        }

        public Socket socket() {
            return socket;
        }

        /** The head of the next request, with its blank line; fails at the end of input. */
        public String readHead() throws IOException {
            StringBuilder head = new StringBuilder();
            InputStream in = socket.getInputStream();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = in.read();
                if (b < 0) {
                    throw new IOException("closed after: " + head);
                }
                head.append((char) b);
            }
            requests.incrementAndGet();
            return head.toString();
        }

        /** Exactly so many bytes. */
        public String read(int bytes) throws IOException {
            return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.ISO_8859_1);
        }

        /** The data of a chunked body, to its end. */
        public String readChunked() throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            while (true) {
                int size = Integer.parseInt(line(), 16);
                body.write(socket.getInputStream().readNBytes(size));
                line();
                if (size == 0) {
                    return body.toString(StandardCharsets.ISO_8859_1);
                }
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            int b;
            while ((b = socket.getInputStream().read()) != '\n') {
                if (b < 0) {
                    throw new IOException("closed within a chunked body");
                }
                line.append((char) b);
            }
            return line.toString().trim();
        }

        public void write(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
        }

        /** A whole answer with this body. */
        public void answer(int status, String body) throws IOException {
            write("HTTP/1.1 " + status + " x\r\ncontent-length: " + body.length() + "\r\n\r\n" + body);
        }

        /** Closes so that the other side sees a reset. */
        public void reset() throws IOException {
            if (socket instanceof SSLSocket) {
                socket.close();
                return;
            }
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    /** Connections open now. */
    public int open() {
        return open.size();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    public int port() {
        return server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
