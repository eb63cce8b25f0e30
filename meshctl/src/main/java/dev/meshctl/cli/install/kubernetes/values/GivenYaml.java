package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.cli.install.kubernetes.values.Given.Origin;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Reads YAML with the place of each value. Keys without a value count as not given. */
final class GivenYaml {
    /** Bound of one text, in characters: 256 Ki. */
    static final int MAX_CHARS = 256 * 1024;
    private static final int MAX_DEPTH = 16;
    private static final int MAX_VALUES = 10_000;

    private final String source;
    private final boolean commandLine;
    private final ValueProblems problems;
    private int values;

    private GivenYaml(String source, boolean commandLine, ValueProblems problems) {
        this.source = source;
        this.commandLine = commandLine;
        this.problems = problems;
    }

    /** Empty if there is nothing, or if it is no YAML, which is then among the problems. */
    static Optional<Given> read(String source, String text, ValueProblems problems) {
        return new GivenYaml(source, false, problems).read(text);
    }

    /** The same for a value on a command line, where scalars are of any type. */
    static Optional<Given> readArgument(String source, String text, ValueProblems problems) {
        return new GivenYaml(source, true, problems).read(text);
    }

    private Optional<Given> read(String text) {
        if (text.length() > MAX_CHARS) {
            problems.add(new Origin(source, 0, 0), "", "larger than %d characters".formatted(MAX_CHARS), "");
            return Optional.empty();
        }
        LoadSettings settings = LoadSettings.builder().setCodePointLimit(MAX_CHARS).setMaxAliasesForCollections(50).build();
        try {
            return new Compose(settings).composeString(text).flatMap(node -> given(node, 0));
        } catch (MarkedYamlEngineException e) {
            problems.add(origin(e.getProblemMark()), "", "not valid YAML: " + e.getProblem(), "");
        } catch (YamlEngineException e) {
            problems.add(new Origin(source, 0, 0), "", "not valid YAML: " + e.getMessage(), "");
        }
        return Optional.empty();
    }

    private Optional<Given> given(Node node, int depth) {
        Origin origin = origin(node.getStartMark());
        if (++values > MAX_VALUES || depth > MAX_DEPTH) {
            throw new YamlEngineException("more than %d values, or nested deeper than %d".formatted(MAX_VALUES, MAX_DEPTH));
        }
        return switch (node) {
            case MappingNode mapping -> Optional.of(mapping(mapping, origin, depth));
            case SequenceNode sequence -> Optional.of(sequence(sequence, origin, depth));
            case ScalarNode scalar when scalar.getTag().equals(Tag.NULL) -> Optional.empty();
            case ScalarNode scalar -> Optional.of(new Given.Scalar(type(scalar), scalar.getValue(), origin));
            default -> throw new YamlEngineException("neither a group, a list nor a scalar");
        };
    }

    private Given mapping(MappingNode node, Origin origin, int depth) {
        Map<String, Given> entries = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        for (NodeTuple tuple : node.getValue()) {
            Origin at = origin(tuple.getKeyNode().getStartMark());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.add(at, "", "a key must be text", "");
            } else if (!names.add(key.getValue())) {
                problems.add(at, key.getValue(), "is there twice", "");
            } else {
                given(tuple.getValueNode(), depth + 1).ifPresent(value -> entries.put(key.getValue(), value));
            }
        }
        return new Given.Mapping(entries, origin);
    }

    private Given sequence(SequenceNode node, Origin origin, int depth) {
        List<Given> items = new ArrayList<>();
        for (Node item : node.getValue()) {
            Optional<Given> value = given(item, depth + 1);
            if (value.isEmpty()) {
                problems.add(origin(item.getStartMark()), "", "an item of a list must not be empty", "");
            }
            value.ifPresent(items::add);
        }
        return new Given.Sequence(items, origin);
    }

    private Given.Type type(ScalarNode node) {
        if (commandLine) {
            return Given.Type.ANY;
        }
        Tag tag = node.getTag();
        return tag.equals(Tag.INT) || tag.equals(Tag.FLOAT) ? Given.Type.NUMBER
                : tag.equals(Tag.BOOL) ? Given.Type.BOOLEAN : Given.Type.TEXT;
    }

    // A place in an argument is of no use to anybody: it is one word.
    private Origin origin(Optional<Mark> mark) {
        return mark.isEmpty() || commandLine ? new Origin(source, 0, 0)
                : new Origin(source, mark.get().getLine() + 1, mark.get().getColumn() + 1);
    }
}
