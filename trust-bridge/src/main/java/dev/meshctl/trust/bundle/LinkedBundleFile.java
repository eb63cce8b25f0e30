package dev.meshctl.trust.bundle;

import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.trust.Refusal;
import java.io.IOException;
import java.nio.file.Path;

/** The bundles of linked meshes in a file that only this process writes. */
public final class LinkedBundleFile implements LinkedBundles {
    private final BundleStore file;

    /** @throws CorruptFileException if the file cannot be understood */
    public LinkedBundleFile(Path file) throws IOException {
        this.file = new BundleStore(file);
    }

    @Override
    public Bundles current() {
        return file.current();
    }

    @Override
    public synchronized boolean change(Rule rule) throws Refusal, IOException {
        Bundles now = file.current();
        Bundles next = rule.next(now);
        file.replace(next);
        return !next.equals(now);
    }
}
