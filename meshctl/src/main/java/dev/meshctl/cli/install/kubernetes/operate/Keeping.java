package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import dev.meshctl.cli.output.Count;
import dev.meshctl.control.admission.inject.PodAnnotations;
import dev.meshctl.kubernetes.failure.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What an uninstallation leaves, and why. */
final class Keeping {
    private static final int MAX_TOLD = 5;

    private final ClusterApi api;
    private final Set<Key> adopted;
    private final boolean purge;
    private boolean keptInNamespace;

    Keeping(ClusterApi api, Set<Key> adopted, boolean purge) {
        this.api = api;
        this.adopted = adopted;
        this.purge = purge;
    }

    /** Why an object stays; empty: it goes. To be asked in the order of removal: a namespace stays for what stays in it. */
    Optional<String> why(Key key) {
        if (adopted.contains(key)) {
            return Optional.of("it was there before the mesh");
        }
        Optional<String> why = purge && !key.kind().equals("Namespace") ? Optional.empty() : switch (key.kind()) {
            case "CustomResourceDefinition" -> objectsOf(key);
            case "Secret" -> data(key).filter(data -> key.name().equals(Rendering.CA_SECRET))
                    .map(data -> "the CA of the mesh: with it a later installation is trusted by workloads and linked meshes");
            case "ConfigMap" -> key.namespace().equals(Rendering.NAMESPACE) ? data(key)
                    .filter(data -> key.name().equals(Rendering.LINKED_MAP))
                    .map(data -> "the bundles of linked meshes, which a later installation needs") : bundleCopy(key);
            case "Namespace" -> namespace(key);
            default -> Optional.empty();
        };
        keptInNamespace |= why.isPresent() && key.namespace().equals(Rendering.NAMESPACE);
        return why;
    }

    private Optional<String> bundleCopy(Key copy) {
        return api.list(ObjectType.POD, copy.namespace(), "").stream().anyMatch(Keeping::hasProxy)
                ? Optional.of("pods there have a proxy that mounts it") : Optional.empty();
    }

    private static boolean hasProxy(ObjectNode pod) {
        return pod.path("metadata").path("annotations").has(PodAnnotations.INJECTED);
    }

    private Optional<JsonNode> data(Key key) {
        return api.get(key).map(live -> live.path("data")).filter(data -> !data.isEmpty());
    }

    private Optional<String> objectsOf(Key definition) {
        Optional<ObjectNode> live = api.get(definition);
        if (live.isEmpty()) {
            return Optional.empty();
        }
        JsonNode spec = live.get().path("spec");
        ObjectType type = new ObjectType(spec.path("group").asString("") + "/" + stored(spec), spec.path("names").path("kind").asString(""),
                spec.path("names").path("plural").asString(""), spec.path("scope").asString("").equals("Namespaced"));
        // The settings of the mesh are part of the installation.
        List<String> names = api.list(type, "", "").stream().map(Keeping::name)
                .filter(name -> !(type.kind().equals("Mesh") && name.equals("default"))).toList();
        return names.isEmpty() ? Optional.empty() : Optional.of("%s of yours of it: %s%s".formatted(Count.of(names.size(), "object"),
                String.join(", ", names.subList(0, Math.min(MAX_TOLD, names.size()))), names.size() > MAX_TOLD ? ", …" : ""));
    }

    private static String stored(JsonNode spec) {
        for (JsonNode version : spec.path("versions")) {
            if (version.path("storage").asBoolean(false)) {
                return version.path("name").asString("");
            }
        }
        return "v1alpha1";
    }

    private Optional<String> namespace(Key key) {
        if (keptInNamespace) {
            return Optional.of("for what is kept in it");
        }
        List<String> foreign = new ArrayList<>();
        for (ObjectType type : List.of(
                ObjectType.SECRET, ObjectType.CONFIG_MAP, ObjectType.SERVICE, ObjectType.DEPLOYMENT, ObjectType.POD)) {
            api.list(type, key.name(), "").stream().filter(live -> !isOwn(live))
                    .forEach(live -> foreign.add(type.kind() + " " + live.path("metadata").path("name").asString("")));
        }
        return foreign.isEmpty() || purge ? Optional.empty() : Optional.of("there are objects of others in it: "
                + String.join(", ", foreign.subList(0, Math.min(MAX_TOLD, foreign.size()))));
    }

    private static boolean isOwn(ObjectNode live) {
        String name = live.path("metadata").path("name").asString("");
        return live.path("metadata").path("labels").path("app.kubernetes.io/part-of").asString("").equals("meshctl")
                || name.equals("kube-root-ca.crt") || live.path("type").asString("").equals("kubernetes.io/service-account-token");
    }

    private static String name(ObjectNode live) {
        String namespace = live.path("metadata").path("namespace").asString("");
        return (namespace.isEmpty() ? "" : namespace + "/") + live.path("metadata").path("name").asString("");
    }

    /** What the mesh leaves in namespaces of others. */
    List<String> notes() {
        try {
            long proxies = api.list(ObjectType.POD, "", "").stream().filter(Keeping::hasProxy).count();
            return proxies == 0 ? List.of() : List.of(
                    (proxies == 1 ? "1 pod has" : proxies + " pods have") + " a proxy, which lasts until its identity expires: restart "
                            + (proxies == 1 ? "it" : "them"));
        } catch (ApiException e) {
            return List.of("whether pods have proxies that must be restarted is not known: " + e.failure().why());
        }
    }
}
