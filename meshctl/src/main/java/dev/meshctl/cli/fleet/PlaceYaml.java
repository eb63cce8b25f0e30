package dev.meshctl.cli.fleet;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** The part of an entry of {@code fleet.yaml} that says where the cluster is. */
final class PlaceYaml {
    private PlaceYaml() {}

    /** @throws IllegalArgumentException with the path to the wrong field */
    static Place read(JsonNode node, String path) {
        String platform = FleetFile.text(node, "platform", path);
        return switch (platform) {
            case "local" -> local(node);
            case "kubernetes" -> kubernetes(node, path);
            default -> throw new IllegalArgumentException(
                    path + ".platform: expected \"local\" or \"kubernetes\", found \"" + platform + "\"");
        };
    }

    private static Place local(JsonNode node) {
        Map<String, String> listen = new TreeMap<>();
        node.path("listen").properties().forEach(entry -> listen.put(entry.getKey(), entry.getValue().asString("")));
        return new Place.Local(node.path("range").asString(""), listen, node.path("region").asString(""),
                node.path("zone").asString(""));
    }

    private static Place kubernetes(JsonNode node, String path) {
        if (node.path("inCluster").asBoolean(false)) {
            return new Place.InCluster();
        }
        List<Path> files = new ArrayList<>();
        for (JsonNode file : node.path("kubeconfig")) {
            Path read = Path.of(file.asString(""));
            if (!read.isAbsolute()) {
                throw new IllegalArgumentException(path + ".kubeconfig: \"" + read + "\" is not an absolute path");
            }
            files.add(read);
        }
        return new Place.Context(FleetFile.text(node, "context", path), files);
    }

    static void write(Place place, Map<String, Object> data) {
        switch (place) {
            case Place.Local local -> {
                data.put("range", local.range());
                data.put("region", local.region());
                data.put("zone", local.zone());
                data.put("listen", new TreeMap<>(local.listen()));
            }
            case Place.Context context -> {
                data.put("context", context.name());
                if (!context.kubeconfig().isEmpty()) {
                    data.put("kubeconfig", context.kubeconfig().stream().map(Path::toString).toList());
                }
            }
            case Place.InCluster inCluster -> data.put("inCluster", true);
        }
    }
}
