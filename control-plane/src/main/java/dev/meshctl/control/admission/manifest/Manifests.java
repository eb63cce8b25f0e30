package dev.meshctl.control.admission.manifest;

import dev.meshctl.control.admission.inject.Injection;
import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Refused;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.inject.Placement;
import dev.meshctl.control.admission.inject.Uninjector;
import dev.meshctl.control.admission.manifest.ManifestReader.Document;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Injects and uninjects the text of manifests: YAML of any number of documents, or JSON; {@code List}s are gone through.
 * Documents that do not change come out as they went in, to the character; those that do lose their comments.
 */
public final class Manifests {
    /**
     * What came of a text.
     *
     * @param text all documents; those that were refused are as they were
     * @param outcomes of each object, in the order of the text
     */
    public record Rendered(String text, List<Outcome> outcomes) {
        public Rendered {
            outcomes = List.copyOf(outcomes);
        }

        /** True if the proxy should be somewhere and cannot be: the text is then not to be applied. */
        public boolean refused() {
            return outcomes.stream().anyMatch(outcome -> outcome.injection() instanceof Refused);
        }
    }

    /**
     * What came of one object.
     *
     * @param object as in {@code Deployment shop/web}, without the namespace if it names none
     * @param line of its document, from 1
     */
    public record Outcome(String object, int line, Injection injection) {}

    private final Function<ObjectNode, Injection> change;
    private final List<Outcome> outcomes = new ArrayList<>();

    private Manifests(Function<ObjectNode, Injection> change) {
        this.change = change;
    }

    /**
     * Injects all workloads that do not opt out, by their own or by the labels of a Namespace in the same text.
     *
     * @param source names the text in errors: a file name, or {@code <stdin>}
     * @param namespace of objects that name none; empty if not known
     */
    public static Rendered inject(String source, String text, String namespace, Injector injector) throws InvalidManifest {
        List<Document> documents = ManifestReader.read(source, text);
        Map<String, Map<String, String>> namespaces = new HashMap<>();
        documents.forEach(document -> objects(document.tree()).forEach(object -> labels(object, namespaces)));
        return new Manifests(object -> {
            String own = object.path("metadata").path("namespace").asString("");
            String in = own.isEmpty() ? namespace : own;
            return injector.inject(object, new Placement(in, namespaces.getOrDefault(in, Map.of()), true));
        }).render(text, documents);
    }

    /** Takes the proxy out of all workloads that have it. */
    public static Rendered uninject(String source, String text) throws InvalidManifest {
        return new Manifests(Uninjector::uninject).render(text, ManifestReader.read(source, text));
    }

    private static void labels(ObjectNode object, Map<String, Map<String, String>> namespaces) {
        if (object.path("kind").asString("").equals("Namespace") && object.path("apiVersion").asString("").equals("v1")) {
            Map<String, String> labels = new HashMap<>();
            object.path("metadata").path("labels").properties().forEach(entry ->
                    labels.put(entry.getKey(), entry.getValue().asString("")));
            namespaces.put(object.path("metadata").path("name").asString(""), labels);
        }
    }

    private static List<ObjectNode> objects(JsonNode tree) {
        JsonNode items = tree.path("items");
        return isList(tree) ? items.valueStream().filter(ObjectNode.class::isInstance).map(ObjectNode.class::cast).toList()
                : tree instanceof ObjectNode object ? List.of(object) : List.of();
    }

    private static boolean isList(JsonNode tree) {
        return tree.path("apiVersion").asString("").equals("v1") && tree.path("kind").asString("").endsWith("List")
                && tree.path("items").isArray();
    }

    private Rendered render(String text, List<Document> documents) {
        DocumentTexts texts = new DocumentTexts(text, documents.stream().map(Document::line).toList());
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < documents.size(); i++) {
            out.append(changed(documents.get(i)) ? texts.rewritten(i, documents.get(i).tree()) : texts.original(i));
        }
        return new Rendered(documents.isEmpty() ? text : out.toString(), outcomes);
    }

    /** Changes the document's tree. */
    private boolean changed(Document document) {
        boolean any = false;
        for (ObjectNode object : objects(document.tree())) {
            Injection injection = change.apply(object);
            outcomes.add(new Outcome(named(object), document.line(), injection));
            if (injection instanceof Changed(ObjectNode changed, List<String> warnings)) {
                object.removeAll().setAll(changed);
                any = true;
            }
        }
        return any;
    }

    private static String named(ObjectNode object) {
        JsonNode metadata = object.path("metadata");
        String namespace = metadata.path("namespace").asString("");
        String name = metadata.path("name").asString(metadata.path("generateName").asString("") + "*");
        return object.path("kind").asString("?") + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
    }
}
