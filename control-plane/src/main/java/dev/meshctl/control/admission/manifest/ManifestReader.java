package dev.meshctl.control.admission.manifest;

import dev.meshctl.api.resource.Problem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Reads documents of YAML or JSON as trees, as kubectl would: with anchors, merge keys and YAML 1.1 scalars. */
final class ManifestReader {
    static final int MAX_CHARS = 16 * 1024 * 1024;
    static final int MAX_DEPTH = 100;
    /** With aliases written out. */
    static final int MAX_VALUES = 2_000_000;

    private static final String TEXT_TAG = "tag:yaml.org,2002:str";

    private final String source;
    private final List<Document> documents = new ArrayList<>();
    private final Deque<OpenNode> open = new ArrayDeque<>();
    private final Map<Anchor, JsonNode> anchors = new HashMap<>();
    private int values;
    private int line;

    /** @param line where it starts, from 1: that of its {@code ---} if it has one */
    record Document(int line, JsonNode tree) {}

    private ManifestReader(String source) {
        this.source = source;
    }

    static List<Document> read(String source, String text) throws InvalidManifest {
        ManifestReader reader = new ManifestReader(source);
        if (text.length() > MAX_CHARS) {
            throw reader.invalid(0, 0, "larger than %d characters".formatted(MAX_CHARS));
        }
        LoadSettings settings = LoadSettings.builder().setLabel(source).setCodePointLimit(MAX_CHARS).build();
        try {
            for (Event event : new Parse(settings).parseString(text)) {
                reader.accept(event);
            }
        } catch (MarkedYamlEngineException e) {
            throw reader.invalid(line(e.getProblemMark().orElse(null)), column(e.getProblemMark().orElse(null)),
                    "not valid YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw reader.invalid(0, 0, "not valid YAML: " + e.getMessage());
        }
        return reader.documents;
    }

    private void accept(Event event) throws InvalidManifest {
        switch (event.getEventId()) {
            case DocumentStart -> {
                anchors.clear();
                line = line(event.getStartMark().orElse(null));
            }
            case MappingStart, SequenceStart -> begin((CollectionStartEvent) event);
            case MappingEnd, SequenceEnd -> end(event);
            case Scalar -> scalar((ScalarEvent) event);
            case Alias -> alias((AliasEvent) event);
            default -> { }
        }
    }

    private void begin(CollectionStartEvent event) throws InvalidManifest {
        if (open.size() >= MAX_DEPTH) {
            throw invalid(event, "nested deeper than %d levels".formatted(MAX_DEPTH));
        }
        if (event.getTag().isPresent() && !event.isImplicit()) {
            throw invalid(event, "YAML tags are not allowed, found " + event.getTag().get());
        }
        open.push(new OpenNode(event instanceof MappingStartEvent, event.getAnchor().orElse(null)));
    }

    private void end(Event event) throws InvalidManifest {
        OpenNode closed = open.pop();
        JsonNode node = closed.node();
        if (closed.anchor() != null) {
            anchors.put(closed.anchor(), node);
        }
        add(node, event, false);
    }

    private void scalar(ScalarEvent event) throws InvalidManifest {
        boolean plain = event.isPlain() && event.getTag().isEmpty();
        if (event.getTag().isPresent() && !event.getTag().get().equals(TEXT_TAG)) {
            throw invalid(event, "YAML tags are not allowed, found " + event.getTag().get());
        }
        try {
            JsonNode node = plain ? PlainScalar.read(event.getValue()) : JsonNodeFactory.instance.stringNode(event.getValue());
            ((NodeEvent) event).getAnchor().ifPresent(anchor -> anchors.put(anchor, node));
            add(node, event, plain && event.getValue().equals("<<"));
        } catch (IllegalArgumentException e) {
            throw invalid(event, String.valueOf(e.getMessage()));
        }
    }

    private void alias(AliasEvent event) throws InvalidManifest {
        JsonNode node = anchors.get(event.getAlias());
        if (node == null) {
            throw invalid(event, "the alias *%s names no finished anchor".formatted(event.getAlias()));
        }
        add(node, event, false);
    }

    private void add(JsonNode node, Event event, boolean merge) throws InvalidManifest {
        OpenNode parent = open.peek();
        if (parent == null) {
            documents.add(new Document(line, node));
            return;
        }
        boolean aliased = event instanceof AliasEvent;
        if (aliased && open.size() + height(node) > MAX_DEPTH) {
            throw invalid(event, "nested deeper than %d levels, with aliases written out".formatted(MAX_DEPTH));
        }
        values += aliased ? size(node) : 1;
        if (values > MAX_VALUES) {
            throw invalid(event, "more than %d values, with aliases written out".formatted(MAX_VALUES));
        }
        // A copy: trees are changed in place later, and an anchor's must not change with its alias.
        String wrong = parent.add(aliased ? node.deepCopy() : node, merge);
        if (!wrong.isEmpty()) {
            throw invalid(event, wrong);
        }
    }

    /** At most {@value #MAX_VALUES} and a little, since each part was counted when it was added. */
    private static int size(JsonNode node) {
        int size = 1;
        for (JsonNode child : node) {
            size += size(child);
        }
        return size;
    }

    private static int height(JsonNode node) {
        int height = 0;
        for (JsonNode child : node) {
            height = Math.max(height, height(child));
        }
        return node.isContainer() ? height + 1 : 0;
    }

    private InvalidManifest invalid(Event event, String message) {
        return invalid(line(event.getStartMark().orElse(null)), column(event.getStartMark().orElse(null)), message);
    }

    private InvalidManifest invalid(int atLine, int atColumn, String message) {
        return new InvalidManifest(new Problem(source, atLine, atColumn, "", message, ""));
    }

    private static int line(@Nullable Mark mark) {
        return mark == null ? 0 : mark.getLine() + 1;
    }

    private static int column(@Nullable Mark mark) {
        return mark == null ? 0 : mark.getColumn() + 1;
    }
}
