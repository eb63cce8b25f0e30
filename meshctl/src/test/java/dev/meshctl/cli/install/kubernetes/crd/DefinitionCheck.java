package dev.meshctl.cli.install.kubernetes.crd;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** The rules of an API server for a definition of a custom resource, {@code apiextensions.k8s.io/v1}. */
final class DefinitionCheck {
    private static final Pattern LABEL = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern KIND = Pattern.compile("[A-Z][A-Za-z0-9]{0,62}");
    /** Of a list of conditions the one of a type. */
    private static final Pattern BY_TYPE = Pattern.compile("\\[\\?\\(@\\.type==\"[A-Za-z]+\"\\)]");
    private static final Pattern COLUMN_PATH = Pattern.compile("(\\.[A-Za-z0-9]+)+");
    private static final Set<String> METADATA = Set.of(".metadata.creationTimestamp", ".metadata.name", ".metadata.namespace");

    private final JsonNode definition;
    private final List<String> problems = new ArrayList<>();

    private DefinitionCheck(JsonNode definition) {
        this.definition = definition;
    }

    /** What is wrong; empty if nothing is. */
    static List<String> problems(JsonNode definition) {
        DefinitionCheck check = new DefinitionCheck(definition);
        check.want(definition.path("apiVersion").asString("").equals("apiextensions.k8s.io/v1")
                && definition.path("kind").asString("").equals("CustomResourceDefinition"), "is no definition");
        check.names();
        check.versions();
        return check.problems;
    }

    private void names() {
        JsonNode spec = definition.path("spec");
        JsonNode names = spec.path("names");
        String plural = names.path("plural").asString("");
        String singular = names.path("singular").asString("");
        String kind = names.path("kind").asString("");
        want(definition.path("metadata").path("name").asString("").equals(plural + "." + spec.path("group").asString("")),
                "must be named <plural>.<group>");
        want(Set.of("Namespaced", "Cluster").contains(spec.path("scope").asString("")), "scope is Namespaced or Cluster");
        want(KIND.matcher(kind).matches(), "kind is no name");
        want(names.path("listKind").asString("").equals(kind + "List"), "listKind must be <kind>List");
        want(singular.equals(kind.toLowerCase(Locale.ROOT)), "singular must be the kind in lower case");
        List<String> words = new ArrayList<>(List.of(plural, singular));
        names.path("shortNames").forEach(name -> words.add(name.asString()));
        want(Set.copyOf(words).size() == words.size(), "names must differ");
        names.path("categories").forEach(name -> words.add(name.asString()));
        words.forEach(word -> want(LABEL.matcher(word).matches(), "no lower-case name: " + word));
        want(!spec.path("preserveUnknownFields").asBoolean(false), "preserveUnknownFields must be false");
    }

    private void versions() {
        JsonNode versions = definition.path("spec").path("versions");
        want(versions.valueStream().filter(version -> version.path("storage").asBoolean(false)).count() == 1,
                "exactly one version is stored");
        for (JsonNode version : versions) {
            want(version.path("served").isBoolean(), "served must be said");
            JsonNode schema = version.path("schema").path("openAPIV3Schema");
            problems.addAll(StructuralSchema.problems(schema));
            version.path("additionalPrinterColumns").forEach(column -> column(column, schema));
            version.path("subresources").propertyNames().forEach(name ->
                    want(Set.of("status", "scale").contains(name), "unknown subresource " + name));
            boolean status = version.path("subresources").has("status");
            want(status == schema.path("properties").has("status"), "status and its subresource need each other");
        }
    }

    private void column(JsonNode column, JsonNode schema) {
        String path = column.path("jsonPath").asString("");
        String type = column.path("type").asString("");
        want(!column.path("name").asString("").isBlank(), "a column needs a name");
        want(Set.of("integer", "number", "string", "boolean", "date").contains(type), "no type of columns: " + type);
        want(COLUMN_PATH.matcher(BY_TYPE.matcher(path).replaceFirst("")).matches(), "no simple path: " + path);
        if (METADATA.contains(path)) {
            return;
        }
        JsonNode at = schema;
        for (String name : BY_TYPE.matcher(path).replaceFirst("[]").substring(Math.min(1, path.length())).split("\\.")) {
            boolean item = name.endsWith("[]");
            at = at.path("properties").path(item ? name.substring(0, name.length() - 2) : name);
            at = item ? at.path("items") : at;
        }
        String found = at.path("type").asString("");
        boolean date = type.equals("date") && at.path("format").asString("").equals("date-time");
        want(date || type.equals(found), "column %s is %s, the field %s".formatted(path, type, found.isEmpty() ? "is not there" : found));
    }

    private void want(boolean holds, String problem) {
        if (!holds) {
            problems.add(problem);
        }
    }
}
