package dev.meshctl.gateway.daemon;

import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.math.BigInteger;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Looks at the certificate that a server shows in a new handshake, whoever it is. */
final class ShownCertificate {
    private static final int TIMEOUT_MILLIS = 5000;

    private ShownCertificate() {}

    /** Its serial number. */
    static BigInteger serial(HostPort server, String serverName) throws Exception {
        CompletableFuture<X509Certificate> shown = new CompletableFuture<>();
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(null, new TrustManager[] {new Looking(shown)}, null);
        try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(server.host(), server.port())) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(serverName)));
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
        } catch (IOException e) {
            // Servers of the mesh end it: this client has no certificate. Theirs was seen before.
        }
        return seen(shown).getSerialNumber();
    }

    private static X509Certificate seen(CompletableFuture<X509Certificate> shown)
            throws GeneralSecurityException, InterruptedException {
        try {
            return shown.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new GeneralSecurityException("the server has shown no certificate", e);
        }
    }

    private static final class Looking extends X509ExtendedTrustManager {
        private final CompletableFuture<X509Certificate> shown;

        Looking(CompletableFuture<X509Certificate> shown) {
            this.shown = shown;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            shown.complete(chain[0]);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            shown.complete(chain[0]);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            shown.complete(chain[0]);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
