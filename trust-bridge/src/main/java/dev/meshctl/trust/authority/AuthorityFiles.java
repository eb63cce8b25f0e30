package dev.meshctl.trust.authority;

import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.identity.Pem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.util.Objects;

/**
 * The CA's keys on disk: {@code ca/root.pem} and {@code ca/issuing.pem}, 0600. The directory is made beside and
 * renamed, so that after a crash there is either no CA or a whole one.
 */
final class AuthorityFiles {
    private static final int MAX_BYTES = 64 * 1024;
    private static final String RESTORE =
            "restore the directory from a backup, or uninstall the cluster and install it again; a new root is "
                    + "never made over an old one, since every linked mesh trusts the old one";

    private final Path directory;
    private final Path draft;

    AuthorityFiles(Path dataDir) {
        this.directory = dataDir.resolve("ca");
        this.draft = dataDir.resolve("ca.new");
    }

    boolean exist() {
        return Files.exists(directory);
    }

    Path directory() {
        return directory;
    }

    void create(Pem.KeyAndChain root, Pem.KeyAndChain issuing) throws IOException {
        removeDraft();
        PrivateDirectory.create(draft);
        write(draft.resolve("root.pem"), root);
        write(draft.resolve("issuing.pem"), issuing);
        Files.move(draft, directory, StandardCopyOption.ATOMIC_MOVE);
        DurableFile.syncDirectory(Objects.requireNonNull(directory.toAbsolutePath().getParent()));
    }

    void replaceIssuing(Pem.KeyAndChain issuing) throws IOException {
        write(directory.resolve("issuing.pem"), issuing);
    }

    Pem.KeyAndChain root() throws IOException {
        return read(directory.resolve("root.pem"));
    }

    Pem.KeyAndChain issuing() throws IOException {
        return read(directory.resolve("issuing.pem"));
    }

    static CorruptFileException corrupt(Path file, String why) {
        return new CorruptFileException(file, why, RESTORE);
    }

    private static void write(Path file, Pem.KeyAndChain content) throws IOException {
        try {
            DurableFile.write(file, Pem.write(content.key(), content.chain()), DurableFile.PRIVATE);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static Pem.KeyAndChain read(Path file) throws IOException {
        byte[] content = DurableFile.read(file, MAX_BYTES)
                .orElseThrow(() -> corrupt(file, "it is missing"));
        try {
            return Pem.read(content);
        } catch (GeneralSecurityException e) {
            throw corrupt(file, String.valueOf(e.getMessage()));
        }
    }

    private void removeDraft() throws IOException {
        if (!Files.isDirectory(draft)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(draft)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(draft);
    }
}
