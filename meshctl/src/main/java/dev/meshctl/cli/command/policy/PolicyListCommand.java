package dev.meshctl.cli.command.policy;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;

/** {@code policy list}. */
@Command(name = "list", aliases = "ls", description = "List the access policies of a cluster.")
final class PolicyListCommand extends MeshCommand {
    private record Row(String cluster, JsonNode policy) {
        String text(String field) {
            return policy.path("spec").path(field).asString("");
        }

        String name() {
            return policy.path("metadata").path("namespace").asString("") + "/"
                    + policy.path("metadata").path("name").asString("");
        }
    }

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    PolicyListCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        PerCluster<Row> answers = PerCluster.ask(clusters.several(context()), cluster ->
                new ControlPlane(context().connections(), cluster).get("AccessPolicy", namespace.orAll(), "").stream()
                        .map(policy -> new Row(cluster.name(), policy)).toList());
        console().print(table(), answers.rows(), "no access policies: every authenticated caller may call");
        return answers.end(console());
    }

    private static Table<Row> table() {
        return Table.<Row>of(Row::name, PolicyListCommand::data)
                .column("CLUSTER", Row::cluster)
                .column("POLICY", Row::name)
                .column("SERVICE", row -> row.text("service"))
                .column("ACTION", row -> row.text("action"),
                        row -> row.text("action").equals("Deny") ? Style.BAD : Style.GOOD)
                .column("RULES", row -> rules(row.policy().path("spec").path("rules")));
    }

    private static String rules(JsonNode rules) {
        List<String> texts = new ArrayList<>();
        for (JsonNode rule : rules) {
            List<String> parts = new ArrayList<>();
            values(rule.path("from"), parts);
            values(rule.path("to"), parts);
            texts.add(parts.isEmpty() ? "everybody" : String.join(" ", parts));
        }
        return String.join("; ", texts);
    }

    private static void values(JsonNode side, List<String> parts) {
        side.properties().forEach(field -> {
            if (!field.getValue().isEmpty()) {
                List<String> values = new ArrayList<>();
                field.getValue().forEach(value -> values.add(value.asString("")));
                parts.add(field.getKey() + "=" + String.join(",", values));
            }
        });
    }

    private static Map<String, Object> data(Row row) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", row.cluster());
        data.put("policy", row.policy());
        return data;
    }
}
