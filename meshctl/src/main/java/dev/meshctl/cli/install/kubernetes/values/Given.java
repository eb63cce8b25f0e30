package dev.meshctl.cli.install.kubernetes.values;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was given, before it is known whether it is right. */
sealed interface Given {
    /** Where it was given. */
    Origin origin();

    /** As messages name it. */
    String described();

    /** @param source a file, an argument, or a profile; line and column from 1, or 0 where there are none */
    record Origin(String source, int line, int column) {}

    /** Settings by name, in their order. */
    record Mapping(Map<String, Given> entries, Origin origin) implements Given {
        /** This, with the other laid over it: groups entry by entry, all else as a whole. */
        Mapping with(Mapping over) {
            Map<String, Given> merged = new LinkedHashMap<>(entries);
            over.entries.forEach((name, value) -> merged.merge(name, value, (below, above) ->
                    below instanceof Mapping lower && above instanceof Mapping upper ? lower.with(upper) : above));
            return new Mapping(merged, over.origin);
        }

        @Override
        public String described() {
            return "a group";
        }
    }

    /** A list. */
    record Sequence(List<Given> items, Origin origin) implements Given {
        @Override
        public String described() {
            return "a list";
        }
    }

    /** What a scalar is by the core schema of YAML 1.2. */
    enum Type {
        TEXT,
        NUMBER,
        BOOLEAN,
        /** From a command line, where quotes are the shell's: whatever is wanted. */
        ANY
    }

    /** Text, a number, true or false. */
    record Scalar(Type type, String text, Origin origin) implements Given {
        private static final int MAX_SHOWN = 60;

        @Override
        public String described() {
            String shown = text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "…" : text;
            return switch (type) {
                case NUMBER -> "the number " + shown;
                case BOOLEAN -> shown;
                case TEXT, ANY -> "\"" + shown + "\"";
            };
        }
    }
}
