package dev.meshctl.proxy.config;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.proto.xds.Resource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * The bytes of one cached resource: a magic line, the SHA-256 of the rest, the xDS resource. The type
 * is the one that its payload names.
 */
final class CacheRecord {
    static final String SUFFIX = ".resource";

    private static final byte[] MAGIC = "meshctl-config 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST_BYTES = 32;

    private CacheRecord() {}

    static byte[] encode(Resource resource) {
        byte[] body = resource.toByteArray();
        return ByteBuffer.allocate(MAGIC.length + DIGEST_BYTES + body.length)
                .put(MAGIC)
                .put(sha256(body))
                .put(body)
                .array();
    }

    /** Empty if the bytes are not what {@link #encode} wrote. */
    static Optional<Resource> decode(byte[] file) {
        int head = MAGIC.length + DIGEST_BYTES;
        if (file.length < head || !Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return Optional.empty();
        }
        byte[] body = Arrays.copyOfRange(file, head, file.length);
        if (!MessageDigest.isEqual(sha256(body), Arrays.copyOfRange(file, MAGIC.length, head))) {
            return Optional.empty();
        }
        try {
            return Optional.of(Resource.parseFrom(body));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    /** A file name for any resource name, whatever its characters and length. */
    static String fileName(ResourceType type, String name) {
        byte[] digest = sha256((type.typeUrl() + "\n" + name).getBytes(StandardCharsets.UTF_8));
        return type.shortName().toLowerCase(Locale.ROOT) + "-"
                + HexFormat.of().formatHex(digest, 0, 16) + SUFFIX;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
