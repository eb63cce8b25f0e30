package dev.meshctl.api.resource;

import java.util.List;
import java.util.Map;

/** A value of a YAML or JSON document and where it stands (line and column from 1). */
sealed interface Node {
    int line();

    int column();

    /** How many values it is with aliases written out. */
    long size();

    /** Keys in the order of the text. */
    record Mapping(Map<String, Entry> entries, int line, int column, long size) implements Node {}

    /** A key's own position and its value. */
    record Entry(int line, int column, Node value) {}

    record Sequence(List<Node> items, int line, int column, long size) implements Node {}

    record Scalar(Type type, String text, int line, int column) implements Node {
        @Override
        public long size() {
            return 1;
        }
    }

    enum Type {
        TEXT,
        NUMBER,
        BOOLEAN,
        NULL
    }

    default boolean isNull() {
        return this instanceof Scalar scalar && scalar.type() == Type.NULL;
    }

    /** What it is, for messages. */
    default String described() {
        return switch (this) {
            case Mapping _ -> "an object";
            case Sequence _ -> "a list";
            case Scalar(Type type, String text, _, _) -> switch (type) {
                case TEXT -> Check.quoted(text);
                case NUMBER -> "the number " + Check.quoted(text).replace("\"", "");
                case BOOLEAN -> text;
                case NULL -> "nothing";
            };
        };
    }
}
