package dev.meshctl.api.identity;

/** The identities of the mesh's own parts, all in {@link SpiffeId#SYSTEM_NAMESPACE}. */
public enum SystemIdentity {
    TRUST_BRIDGE("trust-bridge"),
    CONTROL_PLANE("control-plane"),
    FEDERATION_GATEWAY("federation-gateway"),
    PROXY("mesh-proxy"),
    /** The workload that each proxy hosts by itself, which live probes call. */
    PROBE("probe"),
    /** The CLI. */
    ADMIN("admin");

    private final String serviceAccount;

    SystemIdentity(String serviceAccount) {
        this.serviceAccount = serviceAccount;
    }

    /** The service account part of the SPIFFE ID. */
    public String serviceAccount() {
        return serviceAccount;
    }
}
