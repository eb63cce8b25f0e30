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
import java.util.Optional;

/**
 * The CA's keys on disk: {@code ca/root.pem} and {@code ca/issuing.pem}, 0600. The directory is made beside and
 * renamed, so that after a crash there is either no CA or a whole one. The daemon's lock keeps other processes away.
 */
public final class AuthorityFiles implements AuthorityStore {
    private static final int MAX_BYTES = 64 * 1024;
    private static final String RESTORE =
            "restore the directory from a backup, or uninstall the cluster and install it again; a new root is "
                    + "never made over an old one, since every linked mesh trusts the old one";

    private final Path directory;
    private final Path draft;

    public AuthorityFiles(Path dataDir) {
        this.directory = dataDir.resolve("ca");
        this.draft = dataDir.resolve("ca.new");
    }

    @Override
    public Optional<AuthorityKeys> read() throws IOException {
        return Files.exists(directory)
                ? Optional.of(new AuthorityKeys(read(AuthorityKeys.ROOT), read(AuthorityKeys.ISSUING)))
                : Optional.empty();
    }

    @Override
    public AuthorityKeys create(AuthorityKeys keys) throws IOException {
        removeDraft();
        PrivateDirectory.create(draft);
        write(draft.resolve(AuthorityKeys.ROOT), keys.root());
        write(draft.resolve(AuthorityKeys.ISSUING), keys.issuing());
        Files.move(draft, directory, StandardCopyOption.ATOMIC_MOVE);
        DurableFile.syncDirectory(Objects.requireNonNull(directory.toAbsolutePath().getParent()));
        return keys;
    }

    @Override
    public AuthorityKeys replaceIssuing(AuthorityKeys known, Pem.KeyAndChain issuing) throws IOException {
        write(directory.resolve(AuthorityKeys.ISSUING), issuing);
        return new AuthorityKeys(known.root(), issuing);
    }

    @Override
    public IOException missing() {
        return corrupt(directory, "it is missing though the mesh had a CA before");
    }

    @Override
    public IOException corrupt(String part, String why) {
        return corrupt(directory.resolve(part), why);
    }

    private static CorruptFileException corrupt(Path file, String why) {
        return new CorruptFileException(file, why, RESTORE);
    }

    private static void write(Path file, Pem.KeyAndChain content) throws IOException {
        try {
            DurableFile.write(file, Pem.write(content.key(), content.chain()), DurableFile.PRIVATE);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    private Pem.KeyAndChain read(String part) throws IOException {
        Path file = directory.resolve(part);
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
