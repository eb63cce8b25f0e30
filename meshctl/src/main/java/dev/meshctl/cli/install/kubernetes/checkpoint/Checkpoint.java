package dev.meshctl.cli.install.kubernetes.checkpoint;

import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * One apply.
 *
 * @param number from 1, never used twice in a cluster
 * @param version of the promoted revision
 * @param what as in {@code install} or {@code upgrade to 1.3.0}
 * @param adopted objects that were there before the mesh was, and so outlive it
 * @param trust the CA as it was then, by its name among the {@link TrustBackups}; empty if it is not known
 */
public record Checkpoint(
        int number, State state, String version, Instant when, String who, String what, Release release, Set<Key> adopted,
        Optional<String> trust) {
    /** How it went. */
    public enum State {
        /** It goes on, or was interrupted. */
        APPLYING,
        APPLIED,
        FAILED,
        /** It was applied, and taken back because the mesh did not work with it. */
        REVERTED;

        /** As in the label and in tables. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Checkpoint {
        adopted = Set.copyOf(adopted);
    }
}
