package dev.meshctl.runtime.testing;

import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Somebody at a port who does not belong there. */
public final class Stranger {
    private static final byte[] GARBAGE = "\u0000\u0001garbage garbage\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    private static final int PATIENCE_MILLIS = 45_000;

    private Stranger() {}

    /** Sends what is no protocol and returns all that comes back until the port closes the connection. */
    public static byte[] garbage(HostPort port) throws IOException {
        try (Socket socket = new Socket(port.host(), port.port())) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(GARBAGE);
            return socket.getInputStream().readAllBytes();
        } catch (SocketException reset) {
            return new byte[0];
        }
    }

    /** Connects and goes without a word. */
    public static void silent(HostPort port) throws IOException {
        new Socket(port.host(), port.port()).close();
    }

    /** True if the port serves a TLS client with this certificate; null: with none. */
    public static boolean isServed(HostPort port, @Nullable Svid as) throws IOException, GeneralSecurityException {
        try {
            return isAnswered(port, as);
        } catch (IOException refused) {
            return false;
        }
    }

    /** What the port says to a TLS client with this certificate that it refuses; empty if it does not. */
    public static String refusal(HostPort port, Svid as) throws GeneralSecurityException {
        try {
            isAnswered(port, as);
            return "";
        } catch (IOException refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    private static boolean isAnswered(HostPort port, @Nullable Svid as) throws IOException, GeneralSecurityException {
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(as == null ? null : keys(as), new TrustManager[] {new TrustsAnybody()}, null);
        try (Socket plain = new Socket(port.host(), port.port());
                SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(plain, port.host(), port.port(), true)) {
            plain.setSoTimeout(PATIENCE_MILLIS);
            var parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            // In TLS 1.3 the client is done before the server has seen its certificate: only a first byte proves it.
            return socket.getInputStream().read() >= 0;
        }
    }

    private static KeyManager[] keys(Svid svid) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("svid", svid.key(), new char[0], svid.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        return keys.getKeyManagers();
    }

    private static final class TrustsAnybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
