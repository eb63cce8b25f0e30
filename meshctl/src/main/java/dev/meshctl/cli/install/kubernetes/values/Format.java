package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.runtime.net.HostPort;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What text a setting may have. The empty text is allowed besides, where the default is empty. */
enum Format {
    TEXT("text", "[^\\x00-\\x1f\\x7f-\\x9f]{0,4096}"),
    LABEL("lower-case letters, digits and inner hyphens, at most 63", "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"),
    /** Short enough to be the end of the name of an object. */
    REVISION("lower-case letters, digits and inner hyphens, at most 30", "[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?"),
    SUBDOMAIN("a DNS name", "(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"),
    TRUST_DOMAIN("a trust domain such as west.mesh", "[a-z0-9._-]{1,255}"),
    QUALIFIED_NAME("a name such as example.org/name",
            "([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"),
    LABEL_VALUE("a label value of at most 63 characters", "([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?"),
    IMAGE("the name of an image, without tag", "(?=.{1,255}$)[a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"),
    IMAGE_TAG("the tag of an image", "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"),
    IMAGE_DIGEST("sha256: and 64 hexadecimal digits", "sha256:[0-9a-f]{64}"),
    QUANTITY("a quantity such as 100m, 0.5 or 256Mi", Quantity::isValid),
    CIDR("a network such as 10.0.0.0/8", Cidr::isValid),
    HOST_PORT("HOST:PORT", Format::isHostPort);

    private final String described;
    private final Predicate<String> accepts;

    Format(String described, String pattern) {
        this(described, Pattern.compile(pattern).asMatchPredicate());
    }

    Format(String described, Predicate<String> accepts) {
        this.described = described;
        this.accepts = accepts;
    }

    /** As a noun phrase. */
    String described() {
        return described;
    }

    boolean accepts(String text) {
        return accepts.test(text);
    }

    private static boolean isHostPort(String text) {
        try {
            return HostPort.parse(text).port() > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
