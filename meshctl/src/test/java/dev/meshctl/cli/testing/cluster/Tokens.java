package dev.meshctl.cli.testing.cluster;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Service account tokens: each for some audiences, bound to an account and perhaps to a pod, and of limited life. */
final class Tokens {
    static final String API_AUDIENCE = "https://kubernetes.default.svc.cluster.local";

    /** Who a token stands for; the pod is empty if it is not bound to one. */
    record Bearer(String namespace, String account, String pod, String podUid, List<String> audiences, Instant expires) {
        String user() {
            return "system:serviceaccount:" + namespace + ":" + account;
        }
    }

    private final String admin = "admin-" + UUID.randomUUID();
    private final Map<String, Bearer> issued = new ConcurrentHashMap<>();
    private final Store store;

    Tokens(Store store) {
        this.store = store;
    }

    /** The token of who may do everything in this cluster. */
    String admin() {
        return admin;
    }

    boolean isAdmin(String token) {
        return token.equals(admin);
    }

    String issue(Bearer bearer) {
        String token = "eyJ." + UUID.randomUUID() + ".x";
        issued.put(token, bearer);
        return token;
    }

    /** Who bears it, if the token is known, has not expired, and its account and pod are still there. */
    Optional<Bearer> bearer(String token) {
        return Optional.ofNullable(issued.get(token)).filter(bearer -> bearer.expires().isAfter(Instant.now()))
                .filter(bearer -> store.find("serviceaccounts", bearer.namespace(), bearer.account()).isPresent())
                .filter(bearer -> bearer.pod().isEmpty() || store.find("pods", bearer.namespace(), bearer.pod())
                        .filter(pod -> pod.path("metadata").path("uid").asString("").equals(bearer.podUid())).isPresent());
    }

    /** Every token that gives access to it. */
    List<String> all() {
        List<String> all = new ArrayList<>(issued.keySet());
        all.add(admin);
        return all;
    }

    /** Answers a TokenRequest. */
    ObjectNode request(ResourcePath path, ObjectNode request) {
        store.get(new ResourcePath("", "v1", path.namespace(), "serviceaccounts", path.name(), ""));
        List<String> audiences = new ArrayList<>();
        request.path("spec").path("audiences").forEach(audience -> audiences.add(audience.asString("")));
        Instant expires = Instant.now().plusSeconds(request.path("spec").path("expirationSeconds").asLong(3600));
        String token = issue(new Bearer(path.namespace(), path.name(), "", "",
                audiences.isEmpty() ? List.of(API_AUDIENCE) : audiences, expires));
        ObjectNode answer = request.deepCopy();
        answer.putObject("status").put("token", token).put("expirationTimestamp", expires.toString());
        return answer;
    }

    /** Answers a TokenReview. */
    ObjectNode review(ObjectNode review) {
        ObjectNode answer = review.deepCopy();
        ObjectNode status = answer.putObject("status");
        JsonNode asked = review.path("spec").path("audiences");
        List<String> audiences = new ArrayList<>();
        asked.forEach(audience -> audiences.add(audience.asString("")));
        if (audiences.isEmpty()) {
            audiences.add(API_AUDIENCE);
        }
        Optional<Bearer> known = bearer(review.path("spec").path("token").asString(""));
        known.ifPresent(bearer -> audiences.retainAll(bearer.audiences()));
        if (known.isEmpty() || audiences.isEmpty()) {
            status.put("authenticated", false).put("error", "[invalid bearer token]");
            return answer;
        }
        Bearer bearer = known.get();
        status.put("authenticated", true);
        audiences.forEach(status.putArray("audiences")::add);
        ObjectNode user = status.putObject("user").put("username", bearer.user()).put("uid", "u");
        user.putArray("groups").add("system:serviceaccounts").add("system:serviceaccounts:" + bearer.namespace())
                .add("system:authenticated");
        if (!bearer.pod().isEmpty()) {
            ObjectNode extra = user.putObject("extra");
            extra.putArray("authentication.kubernetes.io/pod-name").add(bearer.pod());
            extra.putArray("authentication.kubernetes.io/pod-uid").add(bearer.podUid());
        }
        return answer;
    }
}
