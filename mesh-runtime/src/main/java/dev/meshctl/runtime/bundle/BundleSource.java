package dev.meshctl.runtime.bundle;

/** The bundles that are trusted now. Asked at each handshake, so that a change needs no new TLS context. */
@FunctionalInterface
public interface BundleSource {
    Bundles current();
}
