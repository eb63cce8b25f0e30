package dev.meshctl.cli.verify;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.tls.PeerCertificates;
import dev.meshctl.runtime.tls.SpiffeTrustManager;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** A TLS handshake with a federation gateway, as a cluster that is about to link would make it. */
final class GatewayDial {
    private GatewayDial() {}

    /** Dials each address and checks the identity behind it. */
    static Finding dial(List<String> addresses, Cluster peer, TrustBundle bundle, InstantSource clock, Duration timeout) {
        List<String> good = new ArrayList<>();
        List<String> bad = new ArrayList<>();
        SpiffeId expected = SpiffeId.of(peer.trustDomain(), SystemIdentity.FEDERATION_GATEWAY);
        for (String address : addresses) {
            long began = System.nanoTime();
            try {
                SpiffeId found = identityAt(address, peer, bundle, clock, timeout);
                long millis = (System.nanoTime() - began) / 1_000_000;
                if (found.equals(expected)) {
                    good.add(address + " is " + found + " (" + millis + " ms)");
                } else {
                    bad.add(address + " is " + found + ", not " + expected);
                }
            } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
                bad.add(address + ": " + e.getMessage());
            }
        }
        String hint = "meshctl status --cluster " + peer.name();
        if (bad.isEmpty()) {
            return Finding.pass(String.join("; ", good));
        }
        return good.isEmpty()
                ? Finding.fail(String.join("; ", bad), hint)
                : Finding.warn(String.join("; ", bad) + "; but " + String.join("; ", good), hint);
    }

    private static SpiffeId identityAt(String address, Cluster peer, TrustBundle bundle, InstantSource clock, Duration timeout)
            throws IOException, GeneralSecurityException {
        TrustDomain domain = peer.trustDomain();
        Bundles bundles = new Bundles(Map.of(domain, bundle));
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[] {new SpiffeTrustManager(() -> bundles, clock)}, null);
        HostPort to = HostPort.parse(address);
        try (Socket plain = new Socket()) {
            plain.connect(to.toSocketAddress(), (int) timeout.toMillis());
            plain.setSoTimeout((int) timeout.toMillis());
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, to.host(), to.port(), true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setServerNames(List.of(new SNIHostName("link." + domain)));
                parameters.setApplicationProtocols(new String[] {"h2"});
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                return PeerCertificates.idOf(socket.getSession())
                        .orElseThrow(() -> new SSLPeerUnverifiedException("the server has no SPIFFE ID"));
            }
        }
    }
}
