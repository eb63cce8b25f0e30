package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.net.HostPort;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one mesh gives another to be linked by it: where it is, whom to trust there, and a secret that counts
 * once. Its text is {@code mlt1.<base64url of JSON>.<checksum>}; the checksum tells a token that was copied
 * in part from one that is wrong.
 *
 * @param addresses of the gateways, 1 to 16
 * @param bundle of the mesh that made the token
 * @param secret base64url of 256 random bits
 */
public record LinkToken(
        String cluster, TrustDomain trustDomain, List<HostPort> addresses, TrustBundle bundle, String secret, Instant expires) {
    private static final String FAMILY = "mlt";
    private static final String VERSION = "mlt1";
    private static final int MAX_TEXT = 256 * 1024;
    private static final int MAX_ADDRESSES = 16;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public LinkToken {
        addresses = List.copyOf(addresses);
    }

    /** The text form. A secret: to be shown once, and never logged. */
    public String encode() {
        ObjectNode document = JSON.createObjectNode()
                .put("cluster", cluster)
                .put("trustDomain", trustDomain.name())
                .put("secret", secret)
                .put("expires", expires.getEpochSecond())
                .put("bundle", new String(SpiffeJson.write(bundle), StandardCharsets.UTF_8));
        ArrayNode list = document.putArray("addresses");
        addresses.forEach(a -> list.add(a.toString()));
        String body = VERSION + "."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(JSON.writeValueAsBytes(document));
        return body + "." + checksum(body);
    }

    /**
     * Reads the text form; does not look at the expiry.
     *
     * @throws LinkException if the text is no token, was cut off, or is of another version
     */
    public static LinkToken decode(String text) throws LinkException {
        String token = text.strip();
        String[] parts = token.split("\\.", -1);
        if (!token.startsWith(FAMILY) || token.length() > MAX_TEXT) {
            throw new LinkException(LinkException.Cause.NOT_A_TOKEN,
                    "this is no link token; one starts with \"mlt1.\" and is what `meshctl link create` prints");
        }
        if (!parts[0].equals(VERSION) && parts[0].length() > FAMILY.length()) {
            throw new LinkException(LinkException.Cause.TOKEN_OF_OTHER_VERSION, "the token is of version \"" + parts[0]
                    + "\" and this mesh reads " + VERSION + "; run the same meshctl version on both sides");
        }
        if (parts.length != 3 || !checksum(parts[0] + "." + parts[1]).equals(parts[2])) {
            throw new LinkException(LinkException.Cause.TOKEN_TRUNCATED,
                    "the token is not complete (its checksum does not match); copy all of it, without line breaks");
        }
        try {
            return read(JSON.readTree(Base64.getUrlDecoder().decode(parts[1])));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new LinkException(LinkException.Cause.NOT_A_TOKEN,
                    "the token has a valid checksum but an unknown content; make a new one with `meshctl link create`");
        }
    }

    private static LinkToken read(JsonNode document) {
        TrustDomain trustDomain = new TrustDomain(document.path("trustDomain").asString());
        List<HostPort> addresses = new ArrayList<>();
        document.path("addresses").forEach(a -> addresses.add(HostPort.parse(a.asString())));
        if (addresses.isEmpty() || addresses.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException("addresses");
        }
        return new LinkToken(
                DnsLabel.require(document.path("cluster").asString(), "cluster"),
                trustDomain,
                addresses,
                SpiffeJson.read(trustDomain, document.path("bundle").asString().getBytes(StandardCharsets.UTF_8)),
                document.path("secret").asString(),
                Instant.ofEpochSecond(document.path("expires").asLong()));
    }

    private static String checksum(String body) {
        return HexFormat.of().formatHex(sha256(body), 0, 4).toLowerCase(Locale.ROOT);
    }

    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "LinkToken[" + cluster + ", " + trustDomain + ", until " + expires + "]";
    }
}
