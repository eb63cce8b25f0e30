package dev.meshctl.cli.install.kubernetes.api;

import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import dev.meshctl.kubernetes.failure.FieldOwner;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objects of one cluster. Every call is bounded in time and may be made from any thread.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/server-side-apply/">Server-side apply</a>
 */
public final class ClusterApi implements AutoCloseable {
    /** Whose fields they are. */
    public static final String FIELD_MANAGER = "meshctl";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String JSON_TYPE = "application/json";
    private static final int PAGE = 250;
    private static final int MAX_PAGES = 400;
    private static final int LIST_ATTEMPTS = 3;
    private static final int FEW_BYTES = 16 * 1024;

    private final KubernetesClient client;
    private final Requests requests;

    /** @param client is closed with this */
    public ClusterApi(KubernetesClient client) {
        this(client, Requests.PATIENCE);
    }

    /** @param patience with one request and all of its retries */
    public ClusterApi(KubernetesClient client, Duration patience) {
        this.client = client;
        this.requests = new Requests(client, patience);
    }

    @Override
    public void close() {
        client.close();
    }

    /** The object; empty if it is not there, or if the API server does not know its kind. */
    public Optional<ObjectNode> get(Key key) {
        try {
            return Optional.of(tree(requests.send("GET", path(key), "", "", "read " + key).body()));
        } catch (ApiException e) {
            if (isAbsent(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** All objects of a kind, in all namespaces or in one. None if the API server does not know the kind. */
    public List<ObjectNode> list(ObjectType type, String namespace, String labelSelector) {
        return list(type, namespace, "labelSelector", labelSelector);
    }

    /** The same, chosen by fields. */
    public List<ObjectNode> listByField(ObjectType type, String namespace, String fieldSelector) {
        return list(type, namespace, "fieldSelector", fieldSelector);
    }

    // A continuation that has expired (410) means: from the beginning.
    private List<ObjectNode> list(ObjectType type, String namespace, String parameter, String selector) {
        String path = type.collection(namespace) + "?limit=" + PAGE
                + (selector.isEmpty() ? "" : "&" + parameter + "=" + encoded(selector));
        for (int attempt = 1;; attempt++) {
            try {
                return pages(path, "list " + type.plural());
            } catch (ApiException e) {
                if (isAbsent(e)) {
                    return List.of();
                }
                if (e.failure().cause() != Cause.GONE || attempt == LIST_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private List<ObjectNode> pages(String path, String doing) {
        List<ObjectNode> all = new ArrayList<>();
        String from = "";
        for (int page = 0; page < MAX_PAGES; page++) {
            ObjectNode answer = tree(requests.send("GET", path + from, "", "", doing).body());
            answer.path("items").forEach(item -> all.add((ObjectNode) item));
            String next = answer.path("metadata").path("continue").asString("");
            if (next.isEmpty()) {
                return all;
            }
            from = "&continue=" + encoded(next);
        }
        throw new IllegalStateException("more than " + MAX_PAGES * PAGE + " objects: " + path);
    }

    /**
     * Applies an object as field manager {@value #FIELD_MANAGER}; fields that the API server does not know are errors.
     *
     * @return the object as it is then, or would be
     */
    public ObjectNode apply(ObjectNode tree, ApplyMode mode) {
        try {
            return applyOnce(tree, mode);
        } catch (ApiException e) {
            if (mode.conflicts() != Conflicts.LEAVE || e.failure().cause() != Cause.OWNED_BY_OTHERS) {
                throw e;
            }
            ObjectNode less = tree.deepCopy();
            if (!without(less, e.failure().owners())) {
                throw e;
            }
            return applyOnce(less, mode);
        }
    }

    private ObjectNode applyOnce(ObjectNode tree, ApplyMode mode) {
        Key key = key(tree);
        String path = path(key) + "?fieldManager=" + FIELD_MANAGER + "&fieldValidation=Strict"
                + (mode.conflicts() == Conflicts.TAKE ? "&force=true" : "") + (mode.dryRun() ? "&dryRun=All" : "");
        return tree(requests.send("PATCH", path, "application/apply-patch+yaml", tree.toString(), "apply " + key).body());
    }

    private static boolean without(ObjectNode tree, List<FieldOwner> owners) {
        boolean removed = false;
        for (FieldOwner owner : owners) {
            removed |= FieldPath.remove(tree, owner.field());
        }
        return removed;
    }

    /** Creates an object, of any kind that an installation touches; it must not be there yet. */
    public ObjectNode create(ObjectNode tree) {
        Key key = key(tree);
        String path = ObjectType.of(key).collection(key.namespace()) + "?fieldManager=" + FIELD_MANAGER;
        return tree(requests.send("POST", path, JSON_TYPE, tree.toString(), "create " + key).body());
    }

    /** Changes some fields of an object (RFC 7386). */
    public ObjectNode merge(Key key, ObjectNode patch) {
        return tree(requests.send("PATCH", path(key) + "?fieldManager=" + FIELD_MANAGER, "application/merge-patch+json",
                patch.toString(), "change " + key).body());
    }

    /**
     * Deletes an object and all that it owns: what a Deployment owns, its pods, before it goes itself, so that who waits
     * for it waits for them; else in the background.
     *
     * @param uid only if it is still this one; empty: whichever it is
     * @return false if it was not there, or is another one by now
     */
    public boolean delete(Key key, String uid) {
        ObjectNode options = JSON.createObjectNode().put("propagationPolicy",
                key.kind().equals(ObjectType.DEPLOYMENT.kind()) ? "Foreground" : "Background");
        if (!uid.isEmpty()) {
            options.putObject("preconditions").put("uid", uid);
        }
        try {
            requests.send("DELETE", path(key), JSON_TYPE, options.toString(), "delete " + key);
            return true;
        } catch (ApiException e) {
            if (isAbsent(e) || e.failure().cause() == Cause.STALE) {
                return false;
            }
            throw e;
        }
    }

    /** Whether the caller may do this; the reason if not. Empty: allowed. */
    public Optional<String> denied(AccessQuestion question) {
        ObjectNode review = JSON.createObjectNode().put("apiVersion", "authorization.k8s.io/v1")
                .put("kind", "SelfSubjectAccessReview");
        ObjectNode attributes = review.putObject("spec").putObject("resourceAttributes");
        attributes.put("verb", question.verb()).put("group", question.group()).put("resource", question.resource());
        if (!question.namespace().isEmpty()) {
            attributes.put("namespace", question.namespace());
        }
        JsonNode status = tree(requests.send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", JSON_TYPE,
                review.toString(), "ask for permissions").body()).path("status");
        return status.path("allowed").asBoolean(false) ? Optional.empty()
                : Optional.of(status.path("reason").asString("").strip());
    }

    /** What the API server says of itself. */
    public ServerFacts server() {
        var answer = requests.send("GET", "/version", "", "", "read the version of the API server");
        return ServerFacts.of(tree(answer.body()), answer.header("Date"));
    }

    /** The last lines of what a container said, 16 KiB at most. */
    public String log(String namespace, String pod, String container, int lines, boolean ofPreviousRun) {
        return log(namespace, pod, container, lines, FEW_BYTES, ofPreviousRun);
    }

    /** The last lines of what a container said; where they are more than so many bytes, the first of them. */
    public String log(String namespace, String pod, String container, int lines, int bytes, boolean ofPreviousRun) {
        return requests.send("GET", logPath(namespace, pod, container, lines) + "&limitBytes=" + bytes
                + (ofPreviousRun ? "&previous=true" : ""), "", "", "read the log of pod " + namespace + "/" + pod).body();
    }

    /**
     * The last lines of what a container said, and what it says from now on. Returns when the container ends or the caller
     * is interrupted.
     *
     * @param line told each line, on any thread
     */
    public void follow(String namespace, String pod, String container, int lines, Consumer<String> line) {
        requests.follow(logPath(namespace, pod, container, lines) + "&follow=true", line,
                "follow the log of pod " + namespace + "/" + pod);
    }

    private static String logPath(String namespace, String pod, String container, int lines) {
        return ObjectType.POD.collection(namespace) + "/" + pod + "/log?container=" + encoded(container) + "&tailLines=" + lines;
    }

    /** The name of an object. */
    public static Key key(ObjectNode tree) {
        return new Key(tree.path("apiVersion").asString(""), tree.path("kind").asString(""),
                tree.path("metadata").path("namespace").asString(""), tree.path("metadata").path("name").asString(""));
    }

    private static String path(Key key) {
        return ObjectType.of(key).collection(key.namespace()) + "/" + encoded(key.name());
    }

    private static boolean isAbsent(ApiException e) {
        return e.failure().cause() == Cause.NOT_FOUND || e.failure().cause() == Cause.KIND_UNKNOWN;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static ObjectNode tree(String body) {
        return JSON.readTree(body) instanceof ObjectNode object ? object : JSON.createObjectNode();
    }
}
