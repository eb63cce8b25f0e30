package dev.meshctl.cli.install.kubernetes.crd;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of the Common Expression Language that the rules of the custom resources use, parsed.
 *
 * @see <a href="https://github.com/google/cel-spec/blob/master/doc/langdef.md">Language definition</a>
 */
sealed interface CelExpression {
    /** A string, a whole number, true or false. */
    record Literal(Object value) implements CelExpression {}

    record Name(String name) implements CelExpression {}

    /** @param test within {@code has(...)} */
    record Field(CelExpression of, String name, boolean test) implements CelExpression {}

    /** A function, or a method whose target is the first argument. */
    record Call(String function, List<CelExpression> arguments) implements CelExpression {}

    record Not(CelExpression of) implements CelExpression {}

    record Binary(String operator, CelExpression left, CelExpression right) implements CelExpression {}

    /** {@code all}, {@code exists} or {@code exists_one} over a list. */
    record Iteration(String macro, CelExpression over, String variable, CelExpression body) implements CelExpression {}

    /** @throws IllegalArgumentException if the text is something else */
    static CelExpression parse(String text) {
        return new Parser(text).parse();
    }

    /** Recursive descent, lowest precedence first. */
    final class Parser {
        private static final Pattern TOKEN =
                Pattern.compile("\\s*(?:([A-Za-z_][A-Za-z0-9_]*)|([0-9]+)|'([^'\\\\]*)'|(&&|\\|\\||==|!=|<=|>=|[<>!().,]))");
        private static final List<List<String>> LEVELS =
                List.of(List.of("||"), List.of("&&"), List.of("==", "!=", "<", "<=", ">", ">="));
        private static final List<String> MACROS = List.of("all", "exists", "exists_one");

        private record Token(String kind, String text) {}

        private final List<Token> tokens = new ArrayList<>();
        private int at;

        private Parser(String text) {
            Matcher matcher = TOKEN.matcher(text);
            int end = 0;
            while (end < text.length() && !text.substring(end).isBlank()) {
                if (!matcher.find(end) || matcher.start() != end) {
                    throw new IllegalArgumentException("not understood: " + text.substring(end));
                }
                tokens.add(matcher.group(1) != null ? new Token("name", matcher.group(1))
                        : matcher.group(2) != null ? new Token("number", matcher.group(2))
                        : matcher.group(3) != null ? new Token("text", matcher.group(3)) : new Token("sign", matcher.group(4)));
                end = matcher.end();
            }
        }

        private CelExpression parse() {
            CelExpression whole = level(0);
            if (at < tokens.size()) {
                throw new IllegalArgumentException("not expected: " + tokens.get(at).text);
            }
            return whole;
        }

        private CelExpression level(int level) {
            if (level == LEVELS.size()) {
                return unary();
            }
            CelExpression left = level(level + 1);
            while (at < tokens.size() && tokens.get(at).kind.equals("sign") && LEVELS.get(level).contains(tokens.get(at).text)) {
                left = new Binary(tokens.get(at++).text, left, level(level + 1));
            }
            return left;
        }

        private CelExpression unary() {
            return take("!") ? new Not(unary()) : member();
        }

        private CelExpression member() {
            CelExpression of = primary();
            while (take(".")) {
                String name = next("name").text;
                of = take("(") ? method(of, name) : new Field(of, name, false);
            }
            return of;
        }

        private CelExpression method(CelExpression of, String name) {
            if (MACROS.contains(name)) {
                String variable = next("name").text;
                expect(",");
                CelExpression body = level(0);
                expect(")");
                return new Iteration(name, of, variable, body);
            }
            List<CelExpression> arguments = new ArrayList<>(List.of(of));
            arguments.addAll(arguments());
            return new Call(name, arguments);
        }

        private CelExpression primary() {
            if (take("(")) {
                CelExpression inner = level(0);
                expect(")");
                return inner;
            }
            if (at >= tokens.size()) {
                throw new IllegalArgumentException("ends too early");
            }
            Token token = tokens.get(at++);
            return switch (token.kind) {
                case "number" -> new Literal(Long.valueOf(token.text));
                case "text" -> new Literal(token.text);
                case "name" -> named(token.text);
                default -> throw new IllegalArgumentException("not expected: " + token.text);
            };
        }

        private CelExpression named(String name) {
            if (name.equals("true") || name.equals("false")) {
                return new Literal(Boolean.valueOf(name));
            }
            if (!take("(")) {
                return new Name(name);
            }
            List<CelExpression> arguments = arguments();
            if (!name.equals("has")) {
                return new Call(name, arguments);
            }
            if (arguments.size() == 1 && arguments.getFirst() instanceof Field(CelExpression of, String field, _)) {
                return new Field(of, field, true);
            }
            throw new IllegalArgumentException("has() takes a field");
        }

        private List<CelExpression> arguments() {
            List<CelExpression> arguments = new ArrayList<>();
            while (!take(")")) {
                if (!arguments.isEmpty()) {
                    expect(",");
                }
                arguments.add(level(0));
            }
            return arguments;
        }

        private boolean take(String sign) {
            boolean there = at < tokens.size() && tokens.get(at).equals(new Token("sign", sign));
            at += there ? 1 : 0;
            return there;
        }

        private void expect(String sign) {
            if (!take(sign)) {
                throw new IllegalArgumentException("expected " + sign);
            }
        }

        private Token next(String kind) {
            if (at < tokens.size() && tokens.get(at).kind.equals(kind)) {
                return tokens.get(at++);
            }
            throw new IllegalArgumentException("expected a " + kind);
        }
    }
}
