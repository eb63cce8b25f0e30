package dev.meshctl.cli.install.kubernetes.checkpoint;

import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import dev.meshctl.cli.install.kubernetes.render.Target;
import dev.meshctl.cli.install.kubernetes.values.Values;
import java.util.List;

/**
 * One revision of the control plane in a cluster.
 *
 * @param version of its image, unless the values name another tag
 * @param given its values, without what they say of the revision
 */
public record Deployed(String revision, boolean promoted, String version, GivenValues given) {
    /** Of values that name a revision themselves. */
    public static Deployed of(String version, GivenValues given) {
        Values.Revision revision = given.read().revision();
        return new Deployed(revision.name(), revision.promoted(), version, given);
    }

    /** All of its settings. */
    public Values values() {
        return given.with("revision.name=" + revision, "revision.promoted=" + promoted).read();
    }

    /** Its objects, and if it is promoted those of the whole mesh. */
    public List<RenderedObject> objects(String cluster) {
        return Rendering.of(new Target(cluster, version), values()).objects();
    }

    public Deployed withPromoted(boolean now) {
        return new Deployed(revision, now, version, given);
    }

    public Deployed at(String newVersion) {
        return new Deployed(revision, promoted, newVersion, given);
    }
}
