package dev.meshctl.cli.testing.cluster;

import dev.meshctl.cli.testing.cluster.Rbac.Question;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Who may ask, what is asked, and what becomes of it: everything of an API server but its connections. */
final class ApiRequests {
    private static final Set<String> WITHOUT_STATUS = Set.of("configmaps", "secrets", "leases.coordination.k8s.io");

    /** A request. */
    record Request(String method, String path, Map<String, String> query, String token, String contentType, String body) {}

    private final Store store;
    private final Tokens tokens;
    private final Rbac rbac;
    private final Schemas schemas;
    private final Admission admission;
    private final AtomicInteger names = new AtomicInteger();
    private volatile BiFunction<ResourcePath, ObjectNode, ObjectNode> onCreate = (path, object) -> object;

    ApiRequests(Store store, Tokens tokens, Rbac rbac, Admission admission) {
        this.store = store;
        this.tokens = tokens;
        this.rbac = rbac;
        this.schemas = new Schemas(store);
        this.admission = admission;
    }

    /** What is set on new objects at once, as the addresses of Services. */
    void onCreate(BiFunction<ResourcePath, ObjectNode, ObjectNode> fill) {
        onCreate = fill;
    }

    /** Whether a user asks, and not a pod. */
    boolean isUser(Request request) {
        return tokens.isAdmin(request.token());
    }

    /** Somebody else changes the object of a request in some way that means nothing. */
    void touch(Request request) {
        ResourcePath path = ResourcePath.parse(request.path());
        store.change(path.kind(), path.namespace(), path.name(), live -> {
            live.withObject("metadata").withObject("annotations").put("example.com/touched", String.valueOf(store.version()));
            return live;
        });
    }

    /** Decides whether this may be asked at all. */
    ResourcePath admitted(Request request) {
        ResourcePath path = ResourcePath.parse(request.path());
        if (!tokens.isAdmin(request.token())) {
            Tokens.Bearer who = tokens.bearer(request.token())
                    .filter(bearer -> bearer.audiences().contains(Tokens.API_AUDIENCE))
                    .orElseThrow(() -> new Refused(401, "Unauthorized", "Unauthorized"));
            rbac.require(who, Question.of(verb(request, path), asked(request, path)));
        }
        schemas.require(path);
        return path;
    }

    // A list or watch of one object by its name counts as one of that name.
    private static ResourcePath asked(Request request, ResourcePath path) {
        String field = request.query().getOrDefault("fieldSelector", "");
        return path.name().isEmpty() && field.startsWith("metadata.name=") ? path.named(field.substring(14)) : path;
    }

    private static String verb(Request request, ResourcePath path) {
        return switch (request.method()) {
            case "GET" -> !path.name().isEmpty() ? "get" : isWatch(request) ? "watch" : "list";
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> path.name().isEmpty() ? "deletecollection" : "delete";
            default -> throw new Refused(405, "MethodNotAllowed", request.method());
        };
    }

    static boolean isWatch(Request request) {
        return Set.of("true", "1").contains(request.query().getOrDefault("watch", ""));
    }

    ObjectNode answer(Request request, ResourcePath path) {
        return switch (request.method()) {
            case "GET" -> path.name().isEmpty() ? list(request, path) : store.get(path);
            case "POST" -> post(request, path);
            case "PUT" -> put(path, tree(request.body()));
            case "PATCH" -> patch(request, path);
            default -> delete(path, tree(request.body().isBlank() ? "{}" : request.body()));
        };
    }

    static ObjectNode tree(String json) {
        return (ObjectNode) Store.JSON.readTree(json);
    }

    private ObjectNode list(Request request, ResourcePath path) {
        ObjectNode list = Store.JSON.createObjectNode().put("kind", "List")
                .put("apiVersion", path.group().isEmpty() ? path.version() : path.group() + "/" + path.version());
        synchronized (store) {
            list.putObject("metadata").put("resourceVersion", String.valueOf(store.version()));
            var items = list.putArray("items");
            var labels = Selector.labels(request.query().getOrDefault("labelSelector", ""));
            var fields = Selector.fields(request.query().getOrDefault("fieldSelector", ""));
            store.list(path.kind(), path.namespace()).stream().filter(labels.and(fields)).forEach(items::add);
            if (!items.isEmpty()) {
                list.put("kind", items.get(0).path("kind").asString("") + "List");
            }
        }
        return list;
    }

    private ObjectNode post(Request request, ResourcePath path) {
        ObjectNode body = tree(request.body());
        if (path.subresource().equals("token")) {
            return tokens.request(path, body);
        }
        return switch (path.kind()) {
            case "tokenreviews.authentication.k8s.io" -> tokens.review(body);
            case "selfsubjectaccessreviews.authorization.k8s.io" -> {
                body.putObject("status").put("allowed", true);
                yield body;
            }
            default -> create(path, body, request.query().containsKey("dryRun"));
        };
    }

    ObjectNode create(ResourcePath path, ObjectNode body, boolean dryRun) {
        ObjectNode metadata = body.withObject("metadata");
        if (metadata.path("name").asString("").isEmpty()) {
            metadata.put("name", metadata.path("generateName").asString("") + names.incrementAndGet());
        }
        ResourcePath named = path.named(metadata.path("name").asString(""));
        if (!WITHOUT_STATUS.contains(path.kind())) {
            body.remove("status");
        }
        ObjectNode object = admission.mutate(named, "CREATE", body, null);
        object = schemas.checked(named, onCreate.apply(named, object));
        admission.validate(named, "CREATE", object, null);
        return dryRun ? object : store.create(named, object);
    }

    private ObjectNode put(ResourcePath path, ObjectNode body) {
        ObjectNode live = store.get(path);
        ObjectNode object = schemas.checked(path, body);
        admission.validate(path, "UPDATE", object, live);
        return store.replace(path, object);
    }

    private ObjectNode patch(Request request, ResourcePath path) {
        if (request.contentType().contains("apply-patch")) {
            return apply(request, path);
        }
        ObjectNode live = store.get(path);
        JsonNode patch = Store.JSON.readTree(request.body());
        ObjectNode then = live.deepCopy();
        if (patch.isArray()) {
            then = JsonPatch.apply(live, patch);
        } else {
            JsonPatch.merge(then, patch);
        }
        return put(path, then);
    }

    // Webhooks are asked about what a dry run gives, so that nothing waits for them while they answer.
    private ObjectNode apply(Request request, ResourcePath path) {
        ObjectNode body = tree(request.body());
        boolean fresh = store.find(path.kind(), path.namespace(), path.name()).isEmpty();
        String manager = request.query().getOrDefault("fieldManager", "");
        boolean force = request.query().containsKey("force");
        UnaryOperator<ObjectNode> complete = object -> schemas.checked(path, fresh ? onCreate.apply(path, object) : object);
        ObjectNode would = store.apply(path, body, manager, force, true, complete);
        admission.validate(path, fresh ? "CREATE" : "UPDATE", would,
                store.find(path.kind(), path.namespace(), path.name()).orElse(null));
        return request.query().containsKey("dryRun") ? would : store.apply(path, body, manager, force, false, complete);
    }

    private ObjectNode delete(ResourcePath path, JsonNode options) {
        boolean foreground = options.path("propagationPolicy").asString("").equals("Foreground");
        return store.delete(path, options, foreground || path.kind().equals("pods") || path.kind().equals("namespaces"));
    }
}
