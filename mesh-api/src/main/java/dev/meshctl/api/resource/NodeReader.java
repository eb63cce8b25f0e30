package dev.meshctl.api.resource;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
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

/**
 * Builds documents from the events of the YAML parser (JSON is YAML 1.2), with neither recursion nor
 * unbounded growth: depth, size with aliases written out, and the number of documents are bounded.
 */
final class NodeReader {
    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    private static final String TEXT_TAG = "tag:yaml.org,2002:str";

    private final Problems problems;
    private final List<Node> documents = new ArrayList<>();
    private final Deque<Open> open = new ArrayDeque<>();
    private final Map<Anchor, Node> anchors = new HashMap<>();
    private long totalSize;

    private NodeReader(Problems problems) {
        this.problems = problems;
    }

    /** Returns the documents up to the first break of YAML's own rules, which is added to the problems. */
    static List<Node> read(String text, Problems problems) {
        NodeReader reader = new NodeReader(problems);
        LoadSettings settings = LoadSettings.builder()
                .setCodePointLimit(ResourceParser.MAX_CHARS)
                .build();
        try {
            Iterator<Event> events = new Parse(settings).parseString(text).iterator();
            while (events.hasNext()) {
                reader.accept(events.next());
            }
        } catch (Refused e) {
            problems.add(e.line, e.column, "", e.message, e.hint);
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(Mark::getLine).orElse(-1) + 1;
            int column = e.getProblemMark().map(Mark::getColumn).orElse(-1) + 1;
            problems.add(line, column, "", "not valid YAML: " + e.getProblem(), "");
        } catch (YamlEngineException e) {
            problems.add(0, 0, "", "not valid YAML: " + e.getMessage(), "");
        }
        return reader.documents;
    }

    private void accept(Event event) {
        switch (event.getEventId()) {
            case DocumentStart -> anchors.clear();
            case MappingStart, SequenceStart -> begin((CollectionStartEvent) event);
            case MappingEnd, SequenceEnd -> {
                Open closed = open.pop();
                Node node = closed.close();
                closed.anchor.ifPresent(anchor -> anchors.put(anchor, node));
                add(node, event);
            }
            case Scalar -> {
                Node scalar = scalar((ScalarEvent) event);
                ((NodeEvent) event).getAnchor().ifPresent(anchor -> anchors.put(anchor, scalar));
                add(scalar, event);
            }
            case Alias -> add(alias((AliasEvent) event), event);
            default -> { }
        }
    }

    private void begin(CollectionStartEvent event) {
        if (open.size() >= ResourceParser.MAX_DEPTH) {
            throw refuse(event, "nested deeper than %d levels".formatted(ResourceParser.MAX_DEPTH), "");
        }
        if (event.getTag().isPresent()) {
            throw refuse(event, "YAML tags are not allowed, found " + event.getTag().get(), "remove the tag");
        }
        if (open.peek() instanceof Open parent && parent.expectsKey()) {
            throw refuse(event, "a key must be text", "put it in quotes if it starts with { or [");
        }
        open.push(new Open(event instanceof MappingStartEvent, event.getAnchor(), line(event), column(event)));
    }

    private void add(Node node, Event event) {
        Open parent = open.peek();
        if (parent == null) {
            if (!node.isNull()) {
                document(node, event);
            }
            return;
        }
        parent.size += node.size();
        if (parent.size > ResourceParser.MAX_VALUES) {
            throw tooLarge(event);
        }
        if (!parent.mapping) {
            parent.items.add(node);
        } else if (parent.expectsKey()) {
            key(parent, node, event);
        } else {
            parent.value(node);
        }
    }

    private void document(Node node, Event event) {
        if (documents.size() >= ResourceParser.MAX_DOCUMENTS) {
            throw refuse(event, "more than %d documents".formatted(ResourceParser.MAX_DOCUMENTS), "split the file");
        }
        totalSize += node.size();
        if (totalSize > ResourceParser.MAX_VALUES) {
            throw tooLarge(event);
        }
        documents.add(node);
    }

    private static Refused tooLarge(Event event) {
        return refuse(event, "more than %d values, with aliases written out".formatted(ResourceParser.MAX_VALUES),
                "split the file");
    }

    private void key(Open parent, Node node, Event event) {
        if (!(node instanceof Node.Scalar scalar) || node.isNull()) {
            throw refuse(event, "a key must be text, found " + node.described(), "");
        }
        if (parent.entries.containsKey(scalar.text())) {
            problems.add(line(event), column(event), "", "the key %s is there twice".formatted(Check.quoted(scalar.text())),
                    "the first is in line " + parent.entries.get(scalar.text()).line());
        }
        parent.key = scalar;
    }

    private static Node.Scalar scalar(ScalarEvent event) {
        String text = event.getValue();
        boolean plain = event.isPlain() && event.getTag().isEmpty();
        if (event.getTag().isPresent() && !event.getTag().get().equals(TEXT_TAG)) {
            throw refuse(event, "YAML tags are not allowed, found " + event.getTag().get(), "remove the tag");
        }
        return new Node.Scalar(plain ? typeOf(text) : Node.Type.TEXT, text, line(event), column(event));
    }

    /** What a plain scalar is, by the core schema of YAML 1.2. */
    static Node.Type typeOf(String text) {
        return switch (text) {
            case "", "~", "null", "Null", "NULL" -> Node.Type.NULL;
            case "true", "True", "TRUE", "false", "False", "FALSE" -> Node.Type.BOOLEAN;
            default -> text.length() <= 64 && NUMBER.matcher(text).matches() ? Node.Type.NUMBER : Node.Type.TEXT;
        };
    }

    private Node alias(AliasEvent event) {
        Node node = anchors.get(event.getAlias());
        if (node == null) {
            throw refuse(event, "the alias *%s names no finished anchor".formatted(event.getAlias()), "");
        }
        return node;
    }

    private static int line(Event event) {
        return event.getStartMark().map(Mark::getLine).orElse(-1) + 1;
    }

    private static int column(Event event) {
        return event.getStartMark().map(Mark::getColumn).orElse(-1) + 1;
    }

    private static Refused refuse(Event event, String message, String hint) {
        return new Refused(line(event), column(event), message, hint);
    }

    /** A mapping or sequence whose end has not come yet. */
    private static final class Open {
        final boolean mapping;
        final Optional<Anchor> anchor;
        final int line;
        final int column;
        final Map<String, Node.Entry> entries = new LinkedHashMap<>();
        final List<Node> items = new ArrayList<>();
        Node.@Nullable Scalar key;
        long size = 1;

        Open(boolean mapping, Optional<Anchor> anchor, int line, int column) {
            this.mapping = mapping;
            this.anchor = anchor;
            this.line = line;
            this.column = column;
        }

        boolean expectsKey() {
            return mapping && key == null;
        }

        void value(Node node) {
            Node.Scalar name = key;
            if (name != null) {
                entries.putIfAbsent(name.text(), new Node.Entry(name.line(), name.column(), node));
                key = null;
            }
        }

        Node close() {
            return mapping ? new Node.Mapping(entries, line, column, size) : new Node.Sequence(items, line, column, size);
        }
    }

    private static final class Refused extends RuntimeException {
        final int line;
        final int column;
        final String message;
        final String hint;

        Refused(int line, int column, String message, String hint) {
            super(message, null, false, false);
            this.line = line;
            this.column = column;
            this.message = message;
            this.hint = hint;
        }
    }
}
