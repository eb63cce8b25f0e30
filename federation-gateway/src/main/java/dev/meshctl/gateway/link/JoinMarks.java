package dev.meshctl.gateway.link;

import dev.meshctl.api.proto.control.Link;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Which secrets were taken by the peer, as digests on disk: a secret works once, so a gateway that
 * restarts before its control plane has noted the success must not present it again.
 */
final class JoinMarks {
    private static final Logger LOG = System.getLogger(JoinMarks.class.getName());

    private final Path directory;

    JoinMarks(Path directory) throws IOException {
        this.directory = PrivateDirectory.create(directory);
    }

    boolean isTaken(Link link) {
        try {
            return DurableFile.read(fileOf(link.getPeer()), 128)
                    .map(bytes -> MessageDigest.isEqual(bytes, digest(link))).orElse(false);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot read " + fileOf(link.getPeer()) + ": " + e.getMessage());
            return false;
        }
    }

    void taken(Link link) {
        try {
            DurableFile.write(fileOf(link.getPeer()), digest(link), DurableFile.PRIVATE);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot note in " + fileOf(link.getPeer()) + " that " + link.getPeer()
                    + " took the token: " + e.getMessage());
        }
    }

    void forget(String peer) {
        try {
            DurableFile.delete(fileOf(peer));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot delete " + fileOf(peer) + ": " + e.getMessage());
        }
    }

    private Path fileOf(String peer) {
        return directory.resolve(peer + ".joined");
    }

    private static byte[] digest(Link link) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(link.getJoinSecret().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
