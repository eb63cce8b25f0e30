package dev.meshctl.cli.install.kubernetes.diff;

import dev.meshctl.cli.install.kubernetes.diff.Change.Action;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** All changes that a release makes, in the order in which they are made; what stays as it is included. */
public record Changes(List<Change> all) {
    public Changes {
        all = List.copyOf(all);
    }

    /** What changes anything. */
    public List<Change> effective() {
        return all.stream().filter(change -> change.action() != Action.NONE).toList();
    }

    public boolean isEmpty() {
        return effective().isEmpty();
    }

    /** What the API server would not take. */
    public List<Change> refused() {
        return all.stream().filter(change -> change.refused().isPresent()).toList();
    }

    /** Objects that are there and not from an installation of this mesh. */
    public Set<Key> foreign() {
        return all.stream().filter(Change::foreign).map(Change::key).collect(Collectors.toSet());
    }

    /** Whether an object was there when it was looked at. */
    public boolean isThere(Key key) {
        return all.stream().anyMatch(change -> change.key().equals(key) && change.action() != Action.CREATE);
    }

    /** As in {@code 3 to create, 1 to change, 40 unchanged}. */
    public String summary() {
        List<String> counts = new ArrayList<>();
        count(counts, Action.CREATE, " to create");
        count(counts, Action.CHANGE, " to change");
        count(counts, Action.DELETE, " to delete");
        count(counts, Action.NONE, " unchanged");
        return String.join(", ", counts);
    }

    private void count(List<String> counts, Action action, String word) {
        long count = all.stream().filter(change -> change.action() == action).count();
        if (count > 0) {
            counts.add(count + word);
        }
    }
}
