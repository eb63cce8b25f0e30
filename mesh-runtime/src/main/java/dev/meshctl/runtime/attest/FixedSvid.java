package dev.meshctl.runtime.attest;

import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import java.util.function.Consumer;

/** An SVID that never changes. */
record FixedSvid(Svid current) implements SvidSource {
    @Override
    public Subscription onChange(Consumer<Svid> listener) {
        return () -> {};
    }
}
