package dev.meshctl.cli.install.kubernetes.api;

/**
 * How objects are applied.
 *
 * @param dryRun the API server says what would come of it, and keeps nothing
 * @param conflicts what becomes of fields that another field manager owns
 */
public record ApplyMode(boolean dryRun, Conflicts conflicts) {
    /** What becomes of fields that another field manager owns. */
    public enum Conflicts {
        /** Nothing is changed, and the owners are named. */
        REFUSE,
        /** They are taken over. */
        TAKE,
        /** They are left as their owner wants them. */
        LEAVE
    }

    /** For real. */
    public static ApplyMode with(Conflicts conflicts) {
        return new ApplyMode(false, conflicts);
    }

    /** Only asking. */
    public ApplyMode asking() {
        return new ApplyMode(true, conflicts);
    }
}
