package dev.meshctl.cli.command.resource;

import dev.meshctl.cli.CliError;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/**
 * Resources by their labels, as Kubernetes has it: {@code app=shop,tier!=web}, {@code env in (test, prod)},
 * {@code env notin (test)}, {@code app}, {@code !app}; a mixin.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors">Label
 *     selectors</a>
 */
final class LabelQuery {
    private static final Pattern REQUIREMENT = Pattern.compile("(?<key>[\\w./-]+)"
            + "(\\s*(?<sign>==|=|!=)\\s*(?<value>[\\w.-]*)|\\s+(?<word>in|notin)\\s*\\((?<values>[^()]*)\\))?");
    private static final Pattern COMMA_OUTSIDE_OF_PARENTHESES = Pattern.compile(",(?![^(]*\\))");

    @Option(names = {"-l", "--selector"}, paramLabel = "LABELS", description = "only those with such labels, as in app=shop,tier!=web")
    String text = "";

    boolean isGiven() {
        return !text.isBlank();
    }

    /** @throws CliError if it is no selector */
    Predicate<JsonNode> parse() {
        return isGiven()
                ? Arrays.stream(COMMA_OUTSIDE_OF_PARENTHESES.split(text, -1)).map(each -> requirement(each.strip()))
                        .reduce(Predicate::and).orElse(resource -> true)
                : resource -> true;
    }

    private Predicate<JsonNode> requirement(String each) {
        boolean absent = each.startsWith("!");
        Matcher m = REQUIREMENT.matcher(absent ? each.substring(1).strip() : each);
        if (!m.matches() || (absent && m.group(2) != null)) {
            throw CliError.usage("cannot read the labels \"" + text + "\"").because("\"" + each
                    + "\" is none of KEY, !KEY, KEY=VALUE, KEY!=VALUE, KEY in (VALUE, ...), KEY notin (VALUE, ...)");
        }
        boolean other = "!=".equals(m.group("sign")) || "notin".equals(m.group("word"));
        Set<String> values = m.group("sign") != null ? Set.of(m.group("value"))
                : m.group("word") != null
                        ? Arrays.stream(m.group("values").split(",", -1)).map(String::strip).collect(Collectors.toSet())
                        : Set.of();
        String key = m.group("key");
        return resource -> {
            JsonNode label = resource.path("metadata").path("labels").path(key);
            boolean has = label.isString() && (values.isEmpty() || values.contains(label.stringValue()));
            return has != (absent || other);
        };
    }
}
