package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.checkpoint.Release;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import java.util.List;
import java.util.Optional;

/**
 * What is to be in a cluster.
 *
 * @param what is done, for the history, as {@code upgrade to 1.3.0}
 * @param companions definitions of others that are applied before, and never removed
 * @param trust the CA that is put in the place of one that cannot be used any more, by its name among the backups
 */
public record Wanted(Release release, String what, Conflicts conflicts, List<RenderedObject> companions, Optional<String> trust) {
    public Wanted {
        companions = List.copyOf(companions);
    }

    public Wanted(Release release, String what, Conflicts conflicts, List<RenderedObject> companions) {
        this(release, what, conflicts, companions, Optional.empty());
    }

    public Wanted(Release release, String what, Conflicts conflicts) {
        this(release, what, conflicts, List.of());
    }

    /** True for a definition of others that is applied with the mesh. */
    boolean isCompanion(Key key) {
        return companions.stream().anyMatch(object -> object.key().equals(key));
    }
}
