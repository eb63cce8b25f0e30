package dev.meshctl.gateway.state;

import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What each linked mesh last said, one file for each peer: its services and its bundle. */
public final class ImportStore {
    private static final Logger LOG = System.getLogger(ImportStore.class.getName());
    private static final int MAX_BYTES = 32 * 1024 * 1024;
    private static final String SUFFIX = ".imports";

    private final Path directory;
    private final Counters counters;

    /** What is kept of one peer. @param bundle the last it sent over peering; null: none */
    public record Kept(PeerImports imports, @Nullable BundleUpdate bundle) {}

    public ImportStore(Path directory, Counters counters) throws IOException {
        this.directory = PrivateDirectory.create(directory);
        this.counters = counters;
    }

    /** Reads a peer's file; empty if there is none or it cannot be used, then the peer sends all anew. */
    public Optional<Kept> load(String peer) {
        try {
            Optional<byte[]> bytes = DurableFile.read(fileOf(peer), MAX_BYTES);
            if (bytes.isEmpty()) {
                return Optional.empty();
            }
            ByteArrayInputStream in = new ByteArrayInputStream(bytes.get());
            PeerImports imports = PeerImports.parseDelimitedFrom(in);
            if (imports == null || !imports.getPeer().equals(peer)) {
                throw new IOException("it does not hold the imports of " + peer);
            }
            return Optional.of(new Kept(imports, BundleUpdate.parseDelimitedFrom(in)));
        } catch (IOException e) {
            counters.increment("imports_file_unreadable");
            LOG.log(Level.WARNING, "cannot use " + fileOf(peer) + ": " + e.getMessage()
                    + "; " + peer + " will send its services again");
            return Optional.empty();
        }
    }

    /** Replaces a peer's file. On a full disk the old one stays, counted. */
    public void save(String peer, Kept kept) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            kept.imports.writeDelimitedTo(out);
            if (kept.bundle != null) {
                kept.bundle.writeDelimitedTo(out);
            }
            DurableFile.write(fileOf(peer), out.toByteArray(), DurableFile.PRIVATE);
        } catch (IOException e) {
            counters.increment("imports_not_stored");
            LOG.log(Level.ERROR, "cannot store what " + peer + " exports in " + fileOf(peer) + ": " + e.getMessage());
        }
    }

    /** Forgets a peer. */
    public void remove(String peer) {
        try {
            DurableFile.delete(fileOf(peer));
        } catch (IOException e) {
            counters.increment("imports_not_removed");
            LOG.log(Level.WARNING, "cannot delete " + fileOf(peer) + ": " + e.getMessage());
        }
    }

    private Path fileOf(String peer) {
        return directory.resolve(peer + SUFFIX);
    }
}
