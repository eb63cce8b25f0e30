package dev.meshctl.proxy.sidecar;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/** The CA certificates of a mesh in a file: PEM, or a SPIFFE bundle in JSON. */
public final class BundleFile {
    private BundleFile() {}

    /**
     * Reads it.
     *
     * @throws ConfigException if it is missing, broken or empty
     */
    public static TrustBundle read(Path file, TrustDomain trustDomain) throws ConfigException {
        byte[] content;
        try (InputStream in = Files.newInputStream(file)) {
            content = in.readNBytes(SpiffeJson.MAX_BYTES);
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
