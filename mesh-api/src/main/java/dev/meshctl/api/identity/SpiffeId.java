package dev.meshctl.api.identity;

import java.util.regex.Pattern;

/**
 * The identity of a workload: {@code spiffe://<trust domain>/ns/<namespace>/sa/<service account>}.
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md">SPIFFE-ID</a>
 */
public record SpiffeId(TrustDomain trustDomain, String namespace, String serviceAccount)
        implements Comparable<SpiffeId> {
    /** The namespace of the mesh's own parts. */
    public static final String SYSTEM_NAMESPACE = "meshctl-system";

    private static final String SCHEME = "spiffe://";
    private static final Pattern SEGMENT = Pattern.compile("[a-zA-Z0-9._-]{1,253}");

    public SpiffeId {
        requireSegment(namespace, "namespace");
        requireSegment(serviceAccount, "service account");
    }

    /**
     * Parses the URI form.
     *
     * @throws IllegalArgumentException if the text is no SPIFFE ID or has another path than this mesh uses
     */
    public static SpiffeId parse(String uri) {
        if (!uri.startsWith(SCHEME) || uri.length() > 2048) {
            throw new IllegalArgumentException("\"" + uri + "\" is not a SPIFFE ID");
        }
        String[] parts = uri.substring(SCHEME.length()).split("/", -1);
        if (parts.length != 5 || !parts[1].equals("ns") || !parts[3].equals("sa")) {
            throw new IllegalArgumentException(
                    "\"" + uri + "\" is not of the form spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT");
        }
        return new SpiffeId(new TrustDomain(parts[0]), parts[2], parts[4]);
    }

    /** The identity of one of the mesh's own parts. */
    public static SpiffeId of(TrustDomain trustDomain, SystemIdentity part) {
        return new SpiffeId(trustDomain, SYSTEM_NAMESPACE, part.serviceAccount());
    }

    /** True if this is that part of the mesh's own, in any trust domain. */
    public boolean is(SystemIdentity part) {
        return namespace.equals(SYSTEM_NAMESPACE) && serviceAccount.equals(part.serviceAccount());
    }

    private static void requireSegment(String text, String what) {
        if (!SEGMENT.matcher(text).matches() || text.equals(".") || text.equals("..")) {
            throw new IllegalArgumentException(
                    "%s \"%s\" must be 1 to 253 letters, digits, dots, hyphens or underscores".formatted(what, text));
        }
    }

    @Override
    public int compareTo(SpiffeId other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return SCHEME + trustDomain + "/ns/" + namespace + "/sa/" + serviceAccount;
    }
}
