package dev.meshctl.control.snapshot;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Versions by content: equal bytes have equal versions, in every process and after every restart. */
public final class ContentHash {
    /** 128 bits: no collisions by accident among all the versions that a mesh will ever have. */
    private static final int BYTES = 16;

    private ContentHash() {}

    /** 32 lower-case hexadecimal digits. */
    public static String of(ByteString content) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            content.asReadOnlyByteBufferList().forEach(sha256::update);
            return HexFormat.of().formatHex(sha256.digest(), 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
