package dev.meshctl.trust.bundle;

import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.trust.Refusal;
import java.io.IOException;

/** Where the bundles of linked meshes are kept. What is current is in memory; a change is durable before it is. */
public interface LinkedBundles extends BundleSource {
    /** What the bundles are to be, given what they are now. May be asked again when another writer was faster. */
    @FunctionalInterface
    interface Rule {
        Bundles next(Bundles now) throws Refusal;
    }

    /**
     * Changes the bundles by the rule.
     *
     * @return false if the rule leaves them as they are
     * @throws Refusal as the rule does
     * @throws IOException if they cannot be read or stored; nothing has changed then
     */
    boolean change(Rule rule) throws Refusal, IOException;

    /**
     * The same, and no earlier change that nobody knows the outcome of takes effect after this returns: it may still be on its
     * way to where the bundles are kept.
     */
    default boolean changeForGood(Rule rule) throws Refusal, IOException {
        return change(rule);
    }
}
