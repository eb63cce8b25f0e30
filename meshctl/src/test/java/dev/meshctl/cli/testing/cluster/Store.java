package dev.meshctl.cli.testing.cluster;

import dev.meshctl.cli.install.kubernetes.api.FakeFields;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objects of a cluster, with their versions, owners of fields and a bounded history. Objects that are handed out
 * are copies, or never change.
 */
final class Store {
    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int HISTORY = 400;

    /** A change, for who watches. */
    record Event(long version, String type, String kind, ObjectNode object, @Nullable ObjectNode before) {}

    private final Map<String, ObjectNode> objects = new TreeMap<>();
    private final Map<String, Map<String, String>> owners = new HashMap<>();
    private final ArrayDeque<Event> history = new ArrayDeque<>();
    private long version = 1000;
    private long forgotten = 1000;

    synchronized long version() {
        return version;
    }

    synchronized Optional<ObjectNode> find(String kind, String namespace, String name) {
        return Optional.ofNullable(objects.get(ResourcePath.key(kind, namespace, name)));
    }

    ObjectNode get(ResourcePath path) {
        return find(path.kind(), path.namespace(), path.name()).orElseThrow(() -> Refused.notFound(path.toString()));
    }

    synchronized List<ObjectNode> all() {
        return List.copyOf(objects.values());
    }

    /** Objects of a kind, in one namespace or, if that is empty, in all. */
    synchronized List<ObjectNode> list(String kind, String namespace) {
        List<ObjectNode> found = new ArrayList<>();
        String prefix = kind + "/" + (namespace.isEmpty() ? "" : namespace + "/");
        objects.forEach((key, object) -> {
            if (key.startsWith(prefix)) {
                found.add(object);
            }
        });
        return found;
    }

    synchronized List<String> keys() {
        return List.copyOf(objects.keySet());
    }

    synchronized ObjectNode create(ResourcePath path, ObjectNode tree) {
        if (objects.containsKey(path.key())) {
            throw new Refused(409, "AlreadyExists", path + " already exists");
        }
        requireNamespace(path);
        ObjectNode fresh = tree.deepCopy();
        put(path, null, fresh);
        return fresh;
    }

    /** Replaces an object, or its status only; what the other of the two says stays. */
    synchronized ObjectNode replace(ResourcePath path, ObjectNode tree) {
        ObjectNode live = get(path);
        String asked = tree.path("metadata").path("resourceVersion").asString("");
        if (!asked.isEmpty() && !asked.equals(live.path("metadata").path("resourceVersion").asString(""))) {
            throw new Refused(409, "Conflict", "Operation cannot be fulfilled on " + path
                    + ": the object has been modified; please apply your changes to the latest version and try again");
        }
        ObjectNode then = tree.deepCopy();
        if (path.subresource().equals("status")) {
            then = live.deepCopy();
            set(then, "status", tree.get("status"));
        } else if (live.has("status")) {
            then.set("status", live.get("status"));
        } else {
            then.remove("status");
        }
        return write(path, live, then);
    }

    private static void set(ObjectNode into, String field, @Nullable JsonNode value) {
        if (value == null) {
            into.remove(field);
        } else {
            into.set(field, value);
        }
    }

    private ObjectNode write(ResourcePath path, ObjectNode live, ObjectNode then) {
        if (isSame(live, then)) {
            return live;
        }
        put(path, live, then);
        if (then.path("metadata").has("deletionTimestamp") && then.path("metadata").path("finalizers").isEmpty()
                && !path.kind().equals("pods") && !path.kind().equals("namespaces")) {
            remove(path);
        }
        return then;
    }

    private static boolean isSame(ObjectNode live, ObjectNode then) {
        ObjectNode a = live.deepCopy();
        ObjectNode b = then.deepCopy();
        for (ObjectNode each : List.of(a, b)) {
            each.withObject("metadata").remove(List.of("resourceVersion", "generation", "creationTimestamp", "uid"));
        }
        return a.equals(b);
    }

    /** Changes an object from within the cluster. */
    synchronized void change(String kind, String namespace, String name, UnaryOperator<ObjectNode> change) {
        ObjectNode live = objects.get(ResourcePath.key(kind, namespace, name));
        if (live != null) {
            write(of(kind, namespace, name), live, change.apply(live.deepCopy()));
        }
    }

    static ResourcePath of(String kind, String namespace, String name) {
        int dot = kind.indexOf('.');
        return new ResourcePath(dot < 0 ? "" : kind.substring(dot + 1), "v1", namespace, dot < 0 ? kind : kind.substring(0, dot),
                name, "");
    }

    /** @param complete what is set on the object beside what is applied */
    synchronized ObjectNode apply(ResourcePath path, ObjectNode tree, String manager, boolean force, boolean dryRun,
            UnaryOperator<ObjectNode> complete) {
        ObjectNode live = objects.get(path.key());
        if (live == null) {
            requireNamespace(path);
        }
        ObjectNode then = live == null ? JSON.createObjectNode() : live.deepCopy();
        Map<String, String> fields = new TreeMap<>(owners.getOrDefault(path.key(), Map.of()));
        Map<String, JsonNode> wanted = new LinkedHashMap<>();
        FakeFields.leaves(tree, "", wanted);
        wanted.forEach((field, value) -> {
            String owner = fields.get(field);
            if (!force && live != null && owner != null && !owner.equals(manager) && !value.equals(FakeFields.find(live, field))) {
                throw new Refused(409, "Conflict", "Apply failed with 1 conflict: conflict with \"" + owner + "\": " + field);
            }
        });
        for (String old : new TreeSet<>(fields.keySet())) {
            if (manager.equals(fields.get(old)) && !wanted.containsKey(old)) {
                FakeFields.remove(then, old);
                fields.remove(old);
            }
        }
        FakeFields.merge(then, tree);
        wanted.keySet().forEach(field -> fields.put(field, manager));
        then = complete.apply(then);
        if (live != null && isSame(live, then)) {
            owners.put(path.key(), fields);
            return live;
        }
        if (dryRun) {
            stamp(path, live, then);
            return then;
        }
        put(path, live, then);
        owners.put(path.key(), fields);
        return then;
    }

    /** Begins to delete: objects that something must end for first get a time of deletion. */
    synchronized ObjectNode delete(ResourcePath path, JsonNode options, boolean keep) {
        ObjectNode live = get(path);
        String uid = options.path("preconditions").path("uid").asString("");
        if (!uid.isEmpty() && !uid.equals(live.path("metadata").path("uid").asString(""))) {
            throw new Refused(409, "Conflict", "the UID in the precondition does not match");
        }
        if (keep || !live.path("metadata").path("finalizers").isEmpty()) {
            ObjectNode then = live.deepCopy();
            if (!then.path("metadata").has("deletionTimestamp")) {
                then.withObject("metadata").put("deletionTimestamp", now());
                put(path, live, then);
            }
            return then;
        }
        remove(path);
        return live;
    }

    synchronized void remove(ResourcePath path) {
        ObjectNode live = objects.remove(path.key());
        owners.remove(path.key());
        if (live != null) {
            ObjectNode last = live.deepCopy();
            last.withObject("metadata").put("resourceVersion", String.valueOf(++version));
            tell(new Event(version, "DELETED", path.kind(), last, live));
        }
    }

    private void put(ResourcePath path, @Nullable ObjectNode live, ObjectNode then) {
        stamp(path, live, then);
        then.withObject("metadata").put("resourceVersion", String.valueOf(++version));
        objects.put(path.key(), then);
        tell(new Event(version, live == null ? "ADDED" : "MODIFIED", path.kind(), then, live));
    }

    private static void stamp(ResourcePath path, @Nullable ObjectNode live, ObjectNode then) {
        ObjectNode metadata = then.withObject("metadata");
        metadata.put("name", path.name());
        if (!path.namespace().isEmpty()) {
            metadata.put("namespace", path.namespace());
        }
        metadata.put("uid", live == null ? UUID.randomUUID().toString() : live.path("metadata").path("uid").asString(""));
        metadata.put("creationTimestamp", live == null ? now() : live.path("metadata").path("creationTimestamp").asString(""));
        long generation = live == null ? 0 : live.path("metadata").path("generation").asLong(0);
        metadata.put("generation", live != null && Objects.equals(live.get("spec"), then.get("spec")) ? generation : generation + 1);
    }

    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void requireNamespace(ResourcePath path) {
        if (path.namespace().isEmpty()) {
            return;
        }
        ObjectNode namespace = objects.get(ResourcePath.key("namespaces", "", path.namespace()));
        if (namespace == null) {
            throw Refused.notFound("namespaces \"" + path.namespace() + "\"");
        }
        if (namespace.path("metadata").has("deletionTimestamp")) {
            throw new Refused(403, "Forbidden", path + " is forbidden: unable to create new content in namespace "
                    + path.namespace() + " because it is being terminated");
        }
    }

    private void tell(Event event) {
        history.add(event);
        if (history.size() > HISTORY) {
            forgotten = history.removeFirst().version();
        }
        notifyAll();
    }

    /** Nobody can watch from before now any more. */
    synchronized void forget() {
        history.clear();
        forgotten = version;
    }

    /**
     * What has happened since a version, in order; waits if that is nothing.
     *
     * @throws Refused 410 if it is no longer known
     */
    synchronized List<Event> since(long from, Predicate<Event> which, long waitMillis) throws InterruptedException {
        if (from < forgotten) {
            throw new Refused(410, "Expired", "too old resource version: " + from + " (" + forgotten + ")");
        }
        if (version <= from) {
            wait(waitMillis);
        }
        return history.stream().filter(event -> event.version() > from && which.test(event)).toList();
    }
}
