package dev.meshctl.runtime.attest;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bundles by which the trust bridge is checked: those of the process, and the own mesh's from its file where a
 * trust bridge was refused and the file has changed since it was read. So a process outlives a change of the
 * mesh's root that it missed, for whoever can write the file could have started the process with it.
 */
final class FileBundle implements BundleSource {
    private static final Logger LOG = System.getLogger(FileBundle.class.getName());

    /** What the file says, in the place of what the process knew then; void once the process knows better. */
    private record Instead(@Nullable TrustBundle known, TrustBundle said) {}

    private final BundleSource bundles;
    private final TrustDomain own;
    private final Path file;
    private volatile @Nullable Instead instead;

    FileBundle(BundleSource bundles, TrustDomain own, Path file) {
        this.bundles = bundles;
        this.own = own;
        this.file = file;
    }

    @Override
    public Bundles current() {
        Bundles now = bundles.current();
        Instead other = instead;
        if (other == null || known(now) != other.known()) {
            return now;
        }
        Map<TrustDomain, TrustBundle> all = new HashMap<>(now.byTrustDomain());
        all.put(own, other.said());
        return new Bundles(all);
    }

    /** Reads the file again; true if that says something else than what is current. */
    boolean reread() {
        try {
            Optional<byte[]> document = DurableFile.read(file, SpiffeJson.MAX_BYTES);
            if (document.isEmpty()) {
                return false;
            }
            TrustBundle said = SpiffeJson.read(own, document.get());
            TrustBundle current = known(current());
            if (current != null && said.authorities().equals(current.authorities())) {
                return false;
            }
            instead = new Instead(known(bundles.current()), said);
            LOG.log(Level.WARNING, "the trust bridge is checked by the bundle that {0} holds now", file);
            return true;
        } catch (IOException | IllegalArgumentException e) {
            LOG.log(Level.WARNING, "bundle {0} cannot be used: {1}", file, e.getMessage());
            return false;
        }
    }

    private @Nullable TrustBundle known(Bundles now) {
        return now.byTrustDomain().get(own);
    }
}
