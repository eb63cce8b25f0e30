package dev.meshctl.cli.command.resource;

import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What became of one applied resource. */
public record Applied(String cluster, ApplyResult result) {

    /** One line for each, kubectl's way, or data; warnings go to standard error. */
    public static void print(Console console, List<Applied> applied) {
        applied.forEach(a -> a.result.getWarningsList().forEach(w -> console.warn(a.name() + ": " + w)));
        if (console.format().isStructured()) {
            console.data(applied.stream().map(Applied::data).toList());
            return;
        }
        if (console.format() == OutputFormat.NAME) {
            applied.forEach(a -> console.out(a.name()));
            return;
        }
        applied.forEach(a -> console.out(a.name() + " " + a.result.getAction() + " (" + a.cluster + ")"));
    }

    private String name() {
        return name(result.getKind(), result.getNamespace(), result.getName());
    }

    /** As in {@code httproute/shop/payments}. */
    static String name(String kind, String namespace, String name) {
        return kind.toLowerCase(Locale.ROOT) + "/" + (namespace.isEmpty() ? "" : namespace + "/") + name;
    }

    private Map<String, Object> data() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", cluster);
        data.put("kind", result.getKind());
        data.put("namespace", result.getNamespace());
        data.put("name", result.getName());
        data.put("action", result.getAction());
        data.put("warnings", List.copyOf(result.getWarningsList()));
        return data;
    }
}
