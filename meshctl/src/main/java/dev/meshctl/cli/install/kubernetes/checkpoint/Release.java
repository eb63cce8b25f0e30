package dev.meshctl.cli.install.kubernetes.checkpoint;

import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything of a mesh in one cluster: its revisions and the objects of all of them.
 *
 * @param revisions at least one; exactly one is promoted
 * @param objects in the order in which they are applied
 */
public record Release(List<Deployed> revisions, List<RenderedObject> objects) {
    public Release {
        revisions = List.copyOf(revisions);
        objects = List.copyOf(objects);
    }

    /**
     * Renders revisions. What several of them share is as the last of them wants it, so the one whose shared objects
     * are to win comes last.
     */
    public static Release of(String cluster, List<Deployed> revisions) {
        Map<Key, RenderedObject> objects = new LinkedHashMap<>();
        for (Deployed revision : revisions) {
            revision.objects(cluster).forEach(object -> objects.put(object.key(), object));
        }
        List<RenderedObject> ordered = new ArrayList<>(objects.values());
        ordered.sort(Comparator.comparing(RenderedObject::step));
        return new Release(revisions, ordered);
    }

    /** The revision that serves whoever names none. */
    public Deployed promoted() {
        return revisions.stream().filter(Deployed::promoted).findFirst().orElse(revisions.getLast());
    }

    public Optional<Deployed> revision(String name) {
        return revisions.stream().filter(each -> each.revision().equals(name)).findFirst();
    }
}
