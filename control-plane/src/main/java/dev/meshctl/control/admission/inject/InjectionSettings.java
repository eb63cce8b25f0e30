package dev.meshctl.control.admission.inject;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.runtime.net.HostPort;
import java.time.Duration;
import java.util.Set;

/**
 * What a mesh gives every pod that it injects.
 *
 * @param image of all components, as in {@code registry.example.org/meshctl:0.1.0}
 * @param imagePullPolicy when nodes fetch the image: Always, IfNotPresent or Never; empty: as the cluster has it
 * @param cluster RFC 1123 label
 * @param controlPlane what proxies are configured by
 * @param trustBridge what proxies get their SVID from
 * @param systemNamespace of the mesh itself, which is never injected
 * @param revision of this control plane; empty if there is but one
 * @param promoted true if pods that name no revision are this revision's
 * @param redirect who makes the pod's traffic go to the proxy
 * @param identity how the proxy proves whose pod it is in
 * @param defaults of what annotations may set for one pod
 */
public record InjectionSettings(
        String image,
        String imagePullPolicy,
        String cluster,
        HostPort controlPlane,
        HostPort trustBridge,
        String systemNamespace,
        String revision,
        boolean promoted,
        Redirect redirect,
        Identity identity,
        Tuning defaults) {
    private static final Set<String> PULL_POLICIES = Set.of("", "Always", "IfNotPresent", "Never");

    public InjectionSettings {
        if (image.isBlank() || image.length() > 1024 || image.chars().anyMatch(Character::isWhitespace)) {
            throw new IllegalArgumentException("image " + Faults.quoted(image) + " is no image reference");
        }
        if (!PULL_POLICIES.contains(imagePullPolicy)) {
            throw new IllegalArgumentException("image pull policy " + Faults.quoted(imagePullPolicy)
                    + " is none of Always, IfNotPresent and Never");
        }
        DnsLabel.require(cluster, "cluster");
        DnsLabel.require(systemNamespace, "system namespace");
        if (!revision.isEmpty()) {
            DnsLabel.require(revision, "revision");
        }
    }

    /** Who sets the redirect up. */
    public enum Redirect {
        /** An init container with NET_ADMIN, in each pod. */
        INIT_CONTAINER,
        /** The node, before the pod's containers start; the pod needs no capability. */
        NODE
    }

    /**
     * How a pod's proxy proves itself to the trust bridge.
     *
     * @param trustDomain of the mesh
     * @param audience that the service account token is bound to
     * @param tokenExpiry of the token, 10 min (the least that the API takes) to 24 h; the kubelet renews it
     * @param bundleConfigMap in the pod's namespace, with the mesh's bundle (SPIFFE JSON) in the key {@code bundle.json}
     * @param proxyUid user and group of the proxy, 1 to 2147483647; its own traffic is not redirected
     */
    public record Identity(
            TrustDomain trustDomain, String audience, Duration tokenExpiry, String bundleConfigMap, long proxyUid) {
        public Identity {
            if (audience.isBlank() || audience.length() > 253) {
                throw new IllegalArgumentException("the token's audience has 1 to 253 characters");
            }
            if (tokenExpiry.compareTo(Duration.ofMinutes(10)) < 0 || tokenExpiry.compareTo(Duration.ofHours(24)) > 0) {
                throw new IllegalArgumentException("a token lives 10 min to 24 h, not " + tokenExpiry);
            }
            DnsLabel.require(bundleConfigMap, "config map");
            if (proxyUid < 1 || proxyUid > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("the proxy's user is 1 to 2147483647, not " + proxyUid);
            }
        }

        /** The usual ones of a trust domain: a token for the trust domain of 1 h, user 1337. */
        public static Identity of(TrustDomain trustDomain) {
            return new Identity(trustDomain, trustDomain.name(), Duration.ofHours(1), "meshctl-trust-bundle", 1337);
        }
    }

    /** The settings of a cluster whose mesh is in {@code mesh-system} with one revision. */
    public static InjectionSettings of(String image, String cluster) {
        return new InjectionSettings(image, "", cluster, new HostPort("control-plane.mesh-system.svc", 15012),
                new HostPort("trust-bridge.mesh-system.svc", 15013), "mesh-system", "", true, Redirect.INIT_CONTAINER,
                Identity.of(TrustDomain.ofCluster(cluster)), Tuning.DEFAULT);
    }

    /** The same settings with the redirect set up by another. */
    public InjectionSettings withRedirect(Redirect other) {
        return new InjectionSettings(image, imagePullPolicy, cluster, controlPlane, trustBridge, systemNamespace, revision, promoted, other,
                identity, defaults);
    }

    /** The same settings of another revision. */
    public InjectionSettings withRevision(String other, boolean isPromoted) {
        return new InjectionSettings(image, imagePullPolicy, cluster, controlPlane, trustBridge, systemNamespace, other, isPromoted, redirect,
                identity, defaults);
    }
}
