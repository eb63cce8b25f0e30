package dev.meshctl.cli.testing.cluster;

import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Decides by the Roles, ClusterRoles and bindings that are installed; remembers what it has refused. */
final class Rbac {
    private static final String GROUP = ".rbac.authorization.k8s.io";

    /** A question of an API server. */
    record Question(String verb, String group, String resource, String subresource, String namespace, String name) {
        String full() {
            return subresource.isEmpty() ? resource : resource + "/" + subresource;
        }

        static Question of(String verb, ResourcePath path) {
            return new Question(verb, path.group(), path.resource(), path.subresource(), path.namespace(), path.name());
        }

        @Override
        public String toString() {
            return verb + " " + full() + (group.isEmpty() ? "" : "." + group) + " " + namespace + "/" + name;
        }
    }

    private final Store store;
    private final Set<String> refused = new ConcurrentSkipListSet<>();

    Rbac(Store store) {
        this.store = store;
    }

    /** What service accounts wanted and may not: account, verb, resource and name. */
    Set<String> refused() {
        return refused;
    }

    void require(Tokens.Bearer who, Question question) {
        if (!allowed(who, question)) {
            refused.add(who.namespace() + "/" + who.account() + " " + question);
            throw new Refused(403, "Forbidden", "%s \"%s\" is forbidden: User \"%s\" cannot %s resource \"%s\" in API group \"%s\" %s"
                    .formatted(question.resource(), question.name(), who.user(), question.verb(), question.full(), question.group(),
                            question.namespace().isEmpty() ? "at the cluster scope" : "in the namespace \"" + question.namespace() + "\""));
        }
    }

    private boolean allowed(Tokens.Bearer who, Question question) {
        for (ObjectNode binding : store.list("clusterrolebindings" + GROUP, "")) {
            if (binds(binding, who) && grants(store.find("clusterroles" + GROUP, "", role(binding)).orElse(null), question)) {
                return true;
            }
        }
        if (question.namespace().isEmpty()) {
            return false;
        }
        for (ObjectNode binding : store.list("rolebindings" + GROUP, question.namespace())) {
            boolean ofCluster = binding.path("roleRef").path("kind").asString("").equals("ClusterRole");
            ObjectNode role = store.find((ofCluster ? "clusterroles" : "roles") + GROUP, ofCluster ? "" : question.namespace(),
                    role(binding)).orElse(null);
            if (binds(binding, who) && grants(role, question)) {
                return true;
            }
        }
        return false;
    }

    private static String role(ObjectNode binding) {
        return binding.path("roleRef").path("name").asString("");
    }

    private static boolean binds(ObjectNode binding, Tokens.Bearer who) {
        for (JsonNode subject : binding.path("subjects")) {
            if (subject.path("kind").asString("").equals("ServiceAccount")
                    && subject.path("name").asString("").equals(who.account())
                    && subject.path("namespace").asString("").equals(who.namespace())) {
                return true;
            }
        }
        return false;
    }

    private static boolean grants(@org.jspecify.annotations.Nullable ObjectNode role, Question question) {
        if (role == null) {
            return false;
        }
        for (JsonNode rule : role.path("rules")) {
            boolean named = rule.path("resourceNames").isEmpty()
                    || !question.name().isEmpty() && has(rule.path("resourceNames"), question.name());
            if (named && has(rule.path("verbs"), question.verb()) && has(rule.path("apiGroups"), question.group())
                    && has(rule.path("resources"), question.full())) {
                return true;
            }
        }
        return false;
    }

    private static boolean has(JsonNode list, String wanted) {
        for (JsonNode item : list) {
            if (item.asString("").equals(wanted) || item.asString("").equals("*")) {
                return true;
            }
        }
        return false;
    }
}
