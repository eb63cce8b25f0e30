package dev.meshctl.runtime.attest;

import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.identity.Pem;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.tls.PeerCertificates;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;

/** Keeps one SVID with its key in a PEM file that only the owner may read (0600), so that a restart needs no CA. */
public final class SvidKeystore {
    private static final int MAX_BYTES = 256 * 1024;

    private final Path file;

    /** @param file need not exist; its directory must */
    public SvidKeystore(Path file) {
        this.file = file;
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /**
     * The SVID that was stored last, expired or not; empty if there is none.
     *
     * @throws CorruptFileException if the file does not hold a key with its chain
     */
    public Optional<Svid> load() throws IOException {
        Optional<byte[]> content = DurableFile.read(file, MAX_BYTES);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try {
            Pem.KeyAndChain read = Pem.read(content.get());
            return Optional.of(new Svid(PeerCertificates.idOf(read.chain().getFirst()), read.key(), read.chain()));
        } catch (GeneralSecurityException e) {
            throw new CorruptFileException(
                    file, String.valueOf(e.getMessage()), "remove it, so that a new identity is asked for", e);
        }
    }

    /** Replaces the stored SVID; after a crash the file holds the old one or the new one. */
    public void store(Svid svid) throws IOException {
        try {
            DurableFile.write(file, Pem.write(svid.key(), svid.chain()), DurableFile.PRIVATE);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": the SVID of " + svid.id() + " has no encoded form", e);
        }
    }
}
