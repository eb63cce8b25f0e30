package dev.meshctl.cli.install.kubernetes.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The objects of a {@link FakeApiServer}, by their paths. */
public final class FakeObjects {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> CUSTOM_GROUPS = Set.of("meshctl.dev");

    /** What the server answers instead. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int code;
        private final String body;

        Refused(int code, String body) {
            super(body);
            this.code = code;
            this.body = body;
        }

        int code() {
            return code;
        }

        String body() {
            return body;
        }
    }

    private final Map<String, ObjectNode> objects = new TreeMap<>();
    /** Of each object: path of each field -> who owns it. */
    private final Map<String, Map<String, String>> owners = new TreeMap<>();
    private Consumer<ObjectNode> controllers = FakeControllers::settle;
    private int versions;

    /** What controllers do with an object that was written; called with the object as it is stored. */
    public synchronized void controllers(Consumer<ObjectNode> settle) {
        controllers = settle;
    }

    /** Lets the controllers look at everything again. */
    public synchronized void settle() {
        objects.values().forEach(controllers);
    }

    public synchronized boolean has(String path) {
        return objects.containsKey(path);
    }

    public synchronized ObjectNode get(String path) {
        ObjectNode live = objects.get(path);
        if (live == null) {
            throw new AssertionError("there is no " + path + ", only " + objects.keySet());
        }
        return live;
    }

    public synchronized List<String> paths() {
        return List.copyOf(objects.keySet());
    }

    /** Puts an object there that nobody asked for. */
    public synchronized ObjectNode put(String path, ObjectNode tree) {
        objects.put(path, stamped(path, tree));
        return tree;
    }

    /** Puts an object there, given as JSON with single quotes. */
    public ObjectNode put(String path, String json) {
        return put(path, (ObjectNode) JSON.readTree(json.replace('\'', '"')));
    }

    /** Says that somebody else owns a field, and gives it a value. */
    public synchronized void own(String path, String manager, String field, Consumer<ObjectNode> change) {
        change.accept(get(path));
        owners.computeIfAbsent(path, p -> new TreeMap<>()).put(field, manager);
    }

    boolean isObject(String path) {
        String[] parts = path.split("/");
        int from = parts[1].equals("api") ? 3 : 4;
        int length = parts.length - from;
        boolean inNamespace = length > 2 && parts[from].equals("namespaces");
        return inNamespace ? length == 4 : length == 2;
    }

    synchronized ObjectNode read(String path) {
        requireKind(path);
        ObjectNode live = objects.get(path);
        if (live == null) {
            throw notFound(path);
        }
        return live;
    }

    synchronized ObjectNode list(String path, Map<String, String> query) {
        requireKind(path);
        ObjectNode list = JSON.createObjectNode().put("kind", "List");
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        String plural = path.substring(path.lastIndexOf('/') + 1);
        String prefix = path.substring(0, path.lastIndexOf('/') + 1);
        objects.forEach((at, live) -> {
            String rest = at.startsWith(prefix) ? at.substring(prefix.length()) : "";
            boolean direct = rest.startsWith(plural + "/") && rest.indexOf('/', plural.length() + 1) < 0;
            boolean inAnyNamespace = rest.matches("namespaces/[^/]+/" + plural + "/[^/]+");
            if ((direct || inAnyNamespace) && selected(live, query)) {
                ObjectNode item = live.deepCopy();
                item.remove("apiVersion");
                item.remove("kind");
                items.add(item);
            }
        });
        return list;
    }

    private static boolean selected(ObjectNode live, Map<String, String> query) {
        JsonNode labels = live.path("metadata").path("labels");
        for (String term : query.getOrDefault("labelSelector", "").split(",")) {
            int equals = term.indexOf('=');
            if (!term.isEmpty() && (equals < 0 ? !labels.has(term)
                    : !labels.path(term.substring(0, equals)).asString("").equals(term.substring(equals + 1)))) {
                return false;
            }
        }
        String field = query.getOrDefault("fieldSelector", "");
        if (field.isEmpty()) {
            return true;
        }
        JsonNode at = live;
        for (String name : field.substring(0, field.indexOf('=')).split("\\.")) {
            at = at.path(name);
        }
        return at.asString("").equals(field.substring(field.indexOf('=') + 1));
    }

    synchronized ObjectNode create(String collection, ObjectNode tree) {
        requireKind(collection);
        String path = collection + "/" + tree.path("metadata").path("name").asString("");
        requireNamespace(path);
        if (objects.containsKey(path)) {
            throw new Refused(409, FakeApiServer.status(409, "AlreadyExists", path + " already exists"));
        }
        objects.put(path, stamped(path, tree));
        return tree;
    }

    synchronized ObjectNode merge(String path, ObjectNode patch) {
        ObjectNode live = read(path);
        mergeInto(live, patch);
        return live;
    }

    private static void mergeInto(ObjectNode into, ObjectNode patch) {
        patch.properties().forEach(entry -> {
            if (entry.getValue() instanceof ObjectNode inner && into.path(entry.getKey()) instanceof ObjectNode there) {
                mergeInto(there, inner);
            } else if (entry.getValue().isNull()) {
                into.remove(entry.getKey());
            } else {
                into.set(entry.getKey(), entry.getValue());
            }
        });
    }

    synchronized ObjectNode apply(String path, ObjectNode tree, String manager, boolean force, boolean dryRun) {
        requireKind(path);
        requireNamespace(path);
        ObjectNode live = objects.get(path);
        ObjectNode then = live == null ? JSON.createObjectNode() : live.deepCopy();
        Map<String, String> fields = new TreeMap<>(owners.getOrDefault(path, Map.of()));
        Map<String, JsonNode> wanted = new LinkedHashMap<>();
        FakeFields.leaves(tree, "", wanted);
        if (!force) {
            refuseConflicts(live, wanted, fields, manager);
        }
        for (String old : new TreeSet<>(fields.keySet())) {
            if (manager.equals(fields.get(old)) && !wanted.containsKey(old)) {
                FieldPath.remove(then, old);
                fields.remove(old);
            }
        }
        FakeFields.merge(then, tree);
        wanted.keySet().forEach(field -> fields.put(field, manager));
        if (live != null) {
            refuseImmutable(live, then);
        }
        stamp(path, live, then);
        if (!dryRun) {
            objects.put(path, then);
            owners.put(path, fields);
            controllers.accept(then);
        }
        return then;
    }

    private static void refuseConflicts(@Nullable ObjectNode live, Map<String, JsonNode> wanted,
            Map<String, String> fields, String manager) {
        List<String> causes = new ArrayList<>();
        wanted.forEach((field, value) -> {
            String owner = fields.get(field);
            if (live != null && owner != null && !owner.equals(manager) && !value.equals(FakeFields.find(live, field))) {
                causes.add("{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"%s\\\" using v1\",\"field\":%s}"
                        .formatted(owner, JSON.writeValueAsString(field)));
            }
        });
        if (!causes.isEmpty()) {
            throw new Refused(409, ("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"code\":409,"
                    + "\"message\":\"Apply failed with %d conflicts\",\"details\":{\"causes\":[%s]}}")
                    .formatted(causes.size(), String.join(",", causes)));
        }
    }

    private static void refuseImmutable(ObjectNode live, ObjectNode then) {
        boolean selector = live.path("kind").asString("").equals("Deployment")
                && !live.path("spec").path("selector").equals(then.path("spec").path("selector"));
        if (selector || !live.path("roleRef").equals(then.path("roleRef"))) {
            throw new Refused(422, ("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Invalid\",\"code\":422,"
                    + "\"message\":\"is invalid\",\"details\":{\"causes\":[{\"reason\":\"FieldValueInvalid\","
                    + "\"message\":\"Invalid value: field is immutable\",\"field\":\"%s\"}]}}")
                    .formatted(selector ? "spec.selector" : "roleRef"));
        }
    }

    public synchronized ObjectNode delete(String path) {
        ObjectNode live = read(path);
        if (!live.path("metadata").path("finalizers").isEmpty()) {
            ((ObjectNode) live.path("metadata")).put("deletionTimestamp", "2026-01-01T00:00:00Z");
            return live;
        }
        objects.remove(path);
        owners.remove(path);
        if (live.path("kind").asString("").equals("Namespace")) {
            removeAll("/namespaces/" + live.path("metadata").path("name").asString("") + "/");
        }
        if (live.path("kind").asString("").equals("CustomResourceDefinition")) {
            removeAll("/" + live.path("spec").path("names").path("plural").asString("") + "/");
        }
        return live;
    }

    private void removeAll(String containing) {
        objects.keySet().removeIf(path -> path.contains(containing));
        owners.keySet().removeIf(path -> path.contains(containing));
    }

    private ObjectNode stamped(String path, ObjectNode tree) {
        stamp(path, null, tree);
        controllers.accept(tree);
        return tree;
    }

    private void stamp(String path, @Nullable ObjectNode live, ObjectNode then) {
        ObjectNode metadata = then.withObject("metadata");
        metadata.put("uid", live == null ? "uid-" + path.hashCode() : live.path("metadata").path("uid").asString(""));
        metadata.put("resourceVersion", String.valueOf(++versions));
        metadata.put("creationTimestamp", "2026-01-01T00:00:00Z");
        long generation = live == null ? 0 : live.path("metadata").path("generation").asLong(0);
        metadata.put("generation", live != null && live.path("spec").equals(then.path("spec")) ? generation : generation + 1);
    }

    private void requireKind(String path) {
        String[] parts = path.split("/");
        if (!parts[1].equals("apis") || !CUSTOM_GROUPS.contains(parts[2])) {
            return;
        }
        String plural = isObject(path) ? parts[parts.length - 2] : parts[parts.length - 1];
        if (!objects.containsKey("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + plural + "." + parts[2])) {
            throw new Refused(404, "404 page not found");
        }
    }

    private void requireNamespace(String path) {
        int at = path.indexOf("/namespaces/");
        String rest = at < 0 ? "" : path.substring(at + "/namespaces/".length());
        if (rest.indexOf('/') < 0) {
            return;
        }
        String name = rest.substring(0, rest.indexOf('/'));
        ObjectNode namespace = objects.get("/api/v1/namespaces/" + name);
        if (namespace == null) {
            throw new Refused(404, FakeApiServer.status(404, "NotFound", "namespaces \"" + name + "\" not found"));
        }
        if (namespace.path("metadata").has("deletionTimestamp") && !objects.containsKey(path)) {
            throw new Refused(403, FakeApiServer.status(403, "Forbidden", "unable to create new content in namespace "
                    + name + " because it is being terminated"));
        }
    }

    private static Refused notFound(String path) {
        return new Refused(404, ("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404,"
                + "\"message\":\"\\\"%s\\\" not found\",\"details\":{\"name\":\"%s\"}}").formatted(path, path));
    }
}
