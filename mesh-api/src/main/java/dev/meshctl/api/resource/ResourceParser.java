package dev.meshctl.api.resource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads resources from YAML (any number of documents) or JSON. Unknown and repeated fields are errors. All
 * that is wrong in a text is told at once, with line, column and path.
 */
public final class ResourceParser {
    /** Bound of one text, in characters: 1 Mi. */
    public static final int MAX_CHARS = 1024 * 1024;
    /** Bound of documents, and of resources, in one text. */
    public static final int MAX_DOCUMENTS = 1000;
    /** Bound of problems that are told of one text. */
    public static final int MAX_PROBLEMS = 20;

    static final int MAX_DEPTH = 32;
    static final int MAX_VALUES = 200_000;

    private static final Set<String> TYPE_FIELDS = Set.of("apiVersion", "kind");

    private final Problems problems;
    private final String defaultNamespace;
    private final String source;
    private final List<ParsedResource> resources = new ArrayList<>();
    private final Map<ResourceKey, Integer> lines = new HashMap<>();

    private ResourceParser(String source, String defaultNamespace) {
        this.source = source;
        this.problems = new Problems(source);
        this.defaultNamespace = defaultNamespace;
    }

    /**
     * Reads all resources of a text, in its order. A document of kind {@code List} stands for its items.
     *
     * @param source names the text in problems: a file name, or {@code <stdin>}
     * @param defaultNamespace of namespaced resources that name none
     * @throws InvalidResource if anything at all is wrong
     */
    public static List<Resource> parse(String source, String text, String defaultNamespace) throws InvalidResource {
        return parsed(source, text, defaultNamespace).stream().map(ParsedResource::resource).toList();
    }

    /** The same, with where each of them stands. */
    public static List<ParsedResource> parsed(String source, String text, String defaultNamespace) throws InvalidResource {
        ResourceParser parser = new ResourceParser(source, defaultNamespace);
        if (text.length() > MAX_CHARS) {
            parser.problems.add(0, 0, "", "larger than %d characters".formatted(MAX_CHARS), "split the file");
        } else {
            NodeReader.read(text, parser.problems).forEach(node -> parser.document(node, ""));
        }
        parser.problems.throwIfAny();
        return List.copyOf(parser.resources);
    }

    /**
     * Reads one resource.
     *
     * @throws InvalidResource also if the text holds none or several
     */
    public static Resource parseOne(String source, String text, String defaultNamespace) throws InvalidResource {
        List<Resource> all = parse(source, text, defaultNamespace);
        if (all.size() != 1) {
            throw new InvalidResource(List.of(new Problem(source, 0, 0, "",
                    "expected one resource, found " + all.size(), "")));
        }
        return all.getFirst();
    }

    private void document(Node node, String path) {
        if (!(node instanceof Node.Mapping mapping)) {
            problems.add(node, path, "expected a resource (an object with apiVersion and kind), found " + node.described(), "");
            return;
        }
        String kindName = text(mapping, "kind", path);
        String apiVersion = text(mapping, "apiVersion", path);
        if (kindName == null || apiVersion == null) {
            return;
        }
        if (kindName.equals("List") && apiVersion.equals("v1") && path.isEmpty()) {
            list(mapping);
            return;
        }
        Kind kind = kind(mapping, kindName, apiVersion, path);
        if (kind != null) {
            resource(kind, mapping, path);
        }
    }

    private void list(Node.Mapping mapping) {
        Node items = Paths.find(mapping, "items");
        if (!(items instanceof Node.Sequence sequence)) {
            problems.add(items, "items", "expected a list of resources", "");
            return;
        }
        for (int i = 0; i < sequence.items().size(); i++) {
            document(sequence.items().get(i), "items[" + i + "]");
        }
    }

    private @Nullable String text(Node.Mapping mapping, String field, String path) {
        Node.Entry entry = mapping.entries().get(field);
        if (entry == null) {
            problems.add(mapping, Paths.join(path, field), "missing; every resource starts with apiVersion and kind", "");
            return null;
        }
        if (entry.value() instanceof Node.Scalar(Node.Type type, String text, _, _) && type == Node.Type.TEXT) {
            return text;
        }
        problems.add(entry.value(), Paths.join(path, field), "expected text, found " + entry.value().described(), "");
        return null;
    }

    private @Nullable Kind kind(Node.Mapping mapping, String name, String apiVersion, String path) {
        Optional<Kind> kind = Kinds.ALL.stream().filter(k -> k.name().equals(name)).findFirst();
        if (kind.isEmpty()) {
            String hint = Kinds.nearest(name).map(k -> "did you mean \"%s\"?".formatted(k.name()))
                    .orElseGet(() -> "known: " + String.join(", ", Kinds.ALL.stream().map(Kind::name).toList()));
            problems.add(Paths.find(mapping, "kind"), Paths.join(path, "kind"), "unknown kind " + Check.quoted(name), hint);
            return null;
        }
        if (!kind.get().isReadAs(apiVersion)) {
            String older = kind.get().olderVersions().stream().map(" or \"%s\""::formatted).collect(Collectors.joining());
            problems.add(Paths.find(mapping, "apiVersion"), Paths.join(path, "apiVersion"), "expected \"%s\"%s for kind %s, found %s"
                    .formatted(kind.get().apiVersion(), older, name, Check.quoted(apiVersion)), "");
            return null;
        }
        return kind.get();
    }

    private void resource(Kind kind, Node.Mapping mapping, String path) {
        if (!(new Decoder(problems).record(kind.type(), mapping, path, TYPE_FIELDS) instanceof Resource decoded)) {
            return;
        }
        Resource resource = decoded;
        String namespace = decoded.metadata().namespace();
        if (!kind.namespaced() && !namespace.isEmpty()) {
            problems.add(Paths.find(mapping, "metadata.namespace"), Paths.join(path, "metadata.namespace"),
                    "expected none, a %s belongs to the whole cluster, found %s".formatted(kind.name(), Check.quoted(namespace)), "");
        } else if (kind.namespaced() && namespace.isEmpty()) {
            resource = decoded.withMetadata(decoded.metadata().withNamespace(defaultNamespace));
        }
        Integer first = lines.putIfAbsent(resource.key(), mapping.line());
        if (first != null) {
            problems.add(mapping, path, resource.key() + " is there twice", "the first is in line " + first);
        } else if (resources.size() >= MAX_DOCUMENTS) {
            problems.add(mapping, path, "more than %d resources".formatted(MAX_DOCUMENTS), "split the file");
        } else {
            resources.add(new ParsedResource(resource, source, mapping));
        }
    }
}
