package dev.meshctl.api.identity;

import java.util.regex.Pattern;

/**
 * A SPIFFE trust domain: 1 to 255 lower-case letters, digits, dots, hyphens and underscores.
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md">SPIFFE-ID, section 2.1</a>
 */
public record TrustDomain(String name) implements Comparable<TrustDomain> {
    private static final Pattern NAME = Pattern.compile("[a-z0-9._-]{1,255}");

    public TrustDomain {
        if (!isValid(name)) {
            throw new IllegalArgumentException(
                    "trust domain \"%s\" must be 1 to 255 lower-case letters, digits, dots, hyphens or underscores"
                            .formatted(name));
        }
    }

    /** Whether it may be a trust domain's name. */
    public static boolean isValid(String name) {
        return NAME.matcher(name).matches();
    }

    /** The trust domain that a cluster has unless another is set. */
    public static TrustDomain ofCluster(String cluster) {
        return new TrustDomain(cluster + ".mesh");
    }

    @Override
    public int compareTo(TrustDomain other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
