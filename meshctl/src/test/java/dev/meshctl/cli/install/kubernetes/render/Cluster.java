package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.values.InvalidValues;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.ValuesReader;
import java.util.List;
import java.util.NoSuchElementException;
import tools.jackson.databind.JsonNode;

/** The rendered objects of cluster "east", to be asked for. */
record Cluster(Rendering rendering) {
    static Cluster of(Profile profile) throws InvalidValues {
        return of(new ValuesReader(profile).read());
    }

    static Cluster of(Values values) {
        return new Cluster(Rendering.of(new Target("east", "1.2.3"), values));
    }

    List<JsonNode> all() {
        return rendering.objects().stream().<JsonNode>map(RenderedObject::tree).toList();
    }

    List<JsonNode> all(String kind) {
        return all().stream().filter(object -> object.path("kind").asString().equals(kind)).toList();
    }

    List<String> names(String kind) {
        return all(kind).stream().map(Cluster::name).toList();
    }

    boolean has(String kind, String name) {
        return names(kind).contains(name);
    }

    JsonNode the(String kind, String name) {
        return all(kind).stream().filter(object -> name(object).equals(name)).findFirst()
                .orElseThrow(() -> new NoSuchElementException(kind + " " + name));
    }

    JsonNode pod(String deployment) {
        return the("Deployment", deployment).path("spec").path("template").path("spec");
    }

    static String name(JsonNode object) {
        return object.path("metadata").path("name").asString();
    }
}
