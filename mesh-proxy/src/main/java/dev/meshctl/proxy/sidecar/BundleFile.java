package dev.meshctl.proxy.sidecar;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/** The CA certificates of a mesh in a file: PEM, or a SPIFFE bundle in JSON. */
public final class BundleFile {
    /** Less than the minute after which a kubelet takes the proxy for one that does not start. */
    private static final Duration PATIENCE = Duration.ofSeconds(45);

    private BundleFile() {}

    /**
     * Reads it. One that is missing is waited for, up to 45 s: the control plane puts it into the namespace of the pod,
     * and the kubelet takes its time.
     *
     * @throws ConfigException if it does not come, is broken or empty
     */
    public static TrustBundle read(Path file, TrustDomain trustDomain) throws ConfigException {
        return read(file, trustDomain, PATIENCE);
    }

    static TrustBundle read(Path file, TrustDomain trustDomain, Duration patience) throws ConfigException {
        byte[] content;
        try {
            content = dev.meshctl.runtime.daemon.BundleFile.await(file, patience).orElseThrow(() -> new ConfigException(
                    "the CA certificates of the mesh, " + file + ", are not there after " + patience.toSeconds()
                            + " s; does the ConfigMap exist in the namespace of the pod?"));
        } catch (IOException e) {
            throw new ConfigException("the CA certificates of the mesh cannot be read: " + e
                    + "; does the ConfigMap exist in the namespace of the pod?", e);
        }
        try {
            return content.length > 0 && content[0] == '{' ? SpiffeJson.read(trustDomain, content) : pem(trustDomain, content);
        } catch (IllegalArgumentException | CertificateException e) {
            throw new ConfigException("the CA certificates of the mesh in " + file + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static TrustBundle pem(TrustDomain trustDomain, byte[] content) throws CertificateException {
        List<X509Certificate> certificates = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(content)).stream()
                .map(X509Certificate.class::cast).toList();
        if (certificates.isEmpty()) {
            throw new CertificateException("there is no certificate in it");
        }
        // The control plane's own bundle is always newer.
        return new TrustBundle(trustDomain, certificates, 0, Duration.ofMinutes(5));
    }
}
