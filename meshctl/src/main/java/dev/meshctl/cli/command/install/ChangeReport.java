package dev.meshctl.cli.command.install;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.diff.Change;
import dev.meshctl.cli.install.kubernetes.diff.Change.Action;
import dev.meshctl.cli.install.kubernetes.operate.Prepared;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Style;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints what would change, object by object. */
final class ChangeReport {
    private ChangeReport() {}

    /** Names and differences; whole objects that are new or go only with {@code -o wide}. */
    static void print(Console console, Map<Cluster, Prepared> prepared) {
        if (console.format().isStructured()) {
            console.data(data(prepared));
            return;
        }
        boolean wide = console.format() == OutputFormat.WIDE;
        prepared.forEach((cluster, each) -> {
            for (Change change : each.changes().effective()) {
                if (console.format() == OutputFormat.NAME) {
                    console.out(cluster.name() + "/" + change.key());
                    continue;
                }
                console.out("%s %s: %s".formatted(console.paint(style(change.action()), change.action().sign()),
                        cluster.name(), change.key()));
                if (wide || change.action() == Action.CHANGE) {
                    change.diff().forEach(line -> console.out("    " + painted(console, line)));
                }
            }
            console.note("%s: %s".formatted(cluster.name(), each.changes().summary()));
        });
    }

    private static String painted(Console console, String line) {
        return console.paint(line.startsWith("+") ? Style.GOOD : line.startsWith("-") ? Style.BAD
                : line.startsWith("@") ? Style.DIM : Style.PLAIN, line);
    }

    private static Style style(Action action) {
        return switch (action) {
            case CREATE -> Style.GOOD;
            case CHANGE -> Style.WARN;
            case DELETE -> Style.BAD;
            case NONE -> Style.PLAIN;
        };
    }

    /** The form for {@code -o json|yaml}. */
    static List<Map<String, Object>> data(Map<Cluster, Prepared> prepared) {
        List<Map<String, Object>> all = new ArrayList<>();
        prepared.forEach((cluster, each) -> {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("cluster", cluster.name());
            data.put("summary", each.changes().summary());
            data.put("changes", each.changes().effective().stream().map(ChangeReport::data).toList());
            data.put("findings", each.findings().stream().map(ChangeReport::data).toList());
            all.add(data);
        });
        return all;
    }

    private static Map<String, Object> data(Change change) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("action", change.action().toString());
        data.put("object", change.key().toString());
        data.put("apiVersion", change.key().apiVersion());
        data.put("step", change.step().title());
        data.put("diff", change.diff());
        return data;
    }

    private static Map<String, Object> data(Finding finding) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("check", finding.check());
        data.put("result", finding.result().toString());
        data.put("text", finding.text());
        data.put("next", finding.next());
        return data;
    }
}
