package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.BUNDLE;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Bundle;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger.Level;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The bundles that this proxy trusts: its own trust domain's from the bootstrap file, then what the control
 * plane says, kept on disk. The own bundle can be replaced but never removed: without it the proxy
 * could not even hear of the mistake.
 */
final class LiveBundles implements BundleSource {
    private static final System.Logger LOG = System.getLogger(LiveBundles.class.getName());
    private static final int MAX_AUTHORITIES = 64;

    private final TrustDomain own;
    private final ConfigCache cache;
    private final Counters counters;
    private volatile Bundles bundles;
    private volatile Runnable onDistrust = () -> {};

    LiveBundles(TrustBundle bootstrap, ConfigCache cache, Counters counters) {
        this.own = bootstrap.trustDomain();
        this.cache = cache;
        this.counters = counters;
        this.bundles = new Bundles(Map.of(own, bootstrap));
    }

    @Override
    public Bundles current() {
        return bundles;
    }

    /** Takes what was kept on disk; returns name to version of what could be used. */
    Map<String, String> load() {
        Map<String, String> versions = new HashMap<>();
        for (String name : cache.names(BUNDLE)) {
            cache.read(BUNDLE, name).ifPresent(resource -> {
                try {
                    set(compile(resource));
                    versions.put(name, resource.getVersion());
                } catch (ResourceRejected e) {
                    counters.increment("cache_incompatible");
                }
            });
        }
        return versions;
    }

    void accept(Resource resource) throws ResourceRejected {
        set(compile(resource));
        cache.put(BUNDLE, resource);
    }

    void remove(String name) {
        if (name.equals(own.name())) {
            counters.increment("own_bundle_removal_ignored");
            LOG.log(Level.ERROR, "the control plane removed the bundle of this mesh's own trust domain; it is kept");
            return;
        }
        cache.remove(BUNDLE, name);
        Map<TrustDomain, TrustBundle> next = new HashMap<>(bundles.byTrustDomain());
        if (next.keySet().removeIf(trustDomain -> trustDomain.name().equals(name))) {
            bundles = new Bundles(next);
            onDistrust.run();
        }
    }

    /** Told each time after a trust domain has been removed. */
    void onDistrust(Runnable listener) {
        onDistrust = listener;
    }

    private void set(TrustBundle bundle) {
        Map<TrustDomain, TrustBundle> next = new HashMap<>(bundles.byTrustDomain());
        next.put(bundle.trustDomain(), bundle);
        bundles = new Bundles(next);
    }

    private static TrustBundle compile(Resource resource) throws ResourceRejected {
        String name = resource.getName();
        Bundle wire = BUNDLE.parse(Bundle.class, name, resource.getResource());
        if (!wire.getTrustDomain().equals(name)) {
            throw new ResourceRejected(BUNDLE, name, "trust_domain: is \"" + wire.getTrustDomain() + "\"");
        }
        int count = wire.getCaCertificatesCount();
        if (count == 0 || count > MAX_AUTHORITIES) {
            throw new ResourceRejected(BUNDLE, name, "ca_certificates: must be 1 to " + MAX_AUTHORITIES);
        }
        try {
            List<X509Certificate> authorities = new ArrayList<>(count);
            CertificateFactory x509 = CertificateFactory.getInstance("X.509");
            for (ByteString der : wire.getCaCertificatesList()) {
                authorities.add((X509Certificate) x509.generateCertificate(der.newInput()));
            }
            Duration refresh = Duration.ofSeconds(Math.max(1, wire.getRefreshHintSeconds()));
            return new TrustBundle(new TrustDomain(name), authorities, wire.getSequence(), refresh);
        } catch (CertificateException | IllegalArgumentException e) {
            throw new ResourceRejected(BUNDLE, name, "ca_certificates: " + e.getMessage());
        }
    }
}
