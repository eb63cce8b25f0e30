package dev.meshctl.control.admission;

import dev.meshctl.control.admission.inject.Injection;
import dev.meshctl.control.admission.inject.InjectionSettings;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.inject.Placement;
import dev.meshctl.control.admission.manifest.Manifests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The pods under {@code src/test/resources/pods}, as people write them. */
public final class PodShapes {
    static final Path DIRECTORY = Path.of("src/test/resources/pods");
    public static final InjectionSettings SETTINGS = InjectionSettings.of("registry.example.org/meshctl:0.1.0", "west");
    public static final Placement WANTED = new Placement("shop", Map.of(), true);
    private static final JsonMapper JSON = JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

    private PodShapes() {}

    /** Names without {@code .yaml}, sorted. */
    static List<String> names() {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.filter(Files::isRegularFile).map(f -> f.getFileName().toString().replace(".yaml", "")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(String name) {
        try {
            return Files.readString(DIRECTORY.resolve(name + ".yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each object of a shape that holds a pod or a template of one, or what else it holds; as an API server would send it. */
    public static List<ObjectNode> objects(String name) {
        List<ObjectNode> all = new ArrayList<>();
        for (JsonNode tree : TestTrees.read(text(name))) {
            if (tree.path("items").isArray()) {
                tree.path("items").forEach(item -> all.add((ObjectNode) item));
            } else {
                all.add((ObjectNode) tree);
            }
        }
        return all;
    }

    /** All objects of all shapes. */
    public static List<ObjectNode> all() {
        return names().stream().flatMap(name -> objects(name).stream()).toList();
    }

    /** Those that get a proxy. */
    public static List<ObjectNode> injectable() {
        Injector injector = new Injector(SETTINGS);
        return all().stream().filter(object -> injector.inject(object, WANTED) instanceof Injection.Changed).toList();
    }

    /** The pod itself, or the template in a workload. */
    public static JsonNode pod(JsonNode object) {
        return switch (object.path("kind").asString("")) {
            case "Pod" -> object;
            case "CronJob" -> object.at("/spec/jobTemplate/spec/template");
            default -> object.at("/spec/template");
        };
    }

    public static ObjectNode json(String text) {
        return (ObjectNode) JSON.readTree(text);
    }

    static Manifests.Rendered inject(String name) throws Exception {
        return Manifests.inject(name + ".yaml", text(name), "shop", new Injector(SETTINGS));
    }
}
