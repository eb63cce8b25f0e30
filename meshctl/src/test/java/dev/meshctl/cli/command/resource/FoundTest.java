package dev.meshctl.cli.command.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.connect.Listing.Listed;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class FoundTest {
    private static final Instant HOURS_AGO = Instant.now().minus(Duration.ofHours(30).plusMinutes(30));

    private static Found found(Kind kind, String json, String state) {
        return Found.of("west", kind, new Listed((ObjectNode) JsonMapper.shared().readTree(json), state));
    }

    private static String row(Found found) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        new Console(new Environment(Map.of(), Path.of("."), new ByteArrayInputStream(new byte[0]), stream, stream,
                Environment.Terminals.NONE, 80), OutputFormat.TABLE).print(Found.table(false), List.of(found), "none");
        return out.toString(StandardCharsets.UTF_8).lines().toList().getLast();
    }

    @Test
    void a_resource_is_as_old_as_its_creation_and_a_workload_as_its_start() {
        assertThat(row(found(Kinds.HTTP_ROUTE, "{\"metadata\":{\"name\":\"r\",\"namespace\":\"shop\",\"creationTimestamp\":\"" + HOURS_AGO + "\"}}",
                "Accepted"))).isEqualTo("west\tshop\tr\tAccepted\t30h");
        assertThat(row(found(Kinds.WORKLOAD, "{\"metadata\":{\"name\":\"w\",\"namespace\":\"shop\"},\"status\":{\"started\":\"" + HOURS_AGO + "\"}}",
                "Ready"))).isEqualTo("west\tshop\tw\tReady\t30h");
        assertThat(row(found(Kinds.SERVICE_IMPORT, "{\"metadata\":{\"name\":\"i\",\"namespace\":\"shop\"}}", "")))
                .isEqualTo("west\tshop\ti\t-\t-");
    }

    @Test
    void what_has_a_version_differs_by_it_or_by_its_state_and_all_else_by_what_it_says() {
        Found one = found(Kinds.HTTP_ROUTE, "{\"metadata\":{\"name\":\"r\",\"resourceVersion\":\"7\"},\"a\":1}", "Accepted");

        assertThat(found(Kinds.HTTP_ROUTE, "{\"metadata\":{\"name\":\"r\",\"resourceVersion\":\"7\"},\"a\":2}", "Accepted").differsFrom(one))
                .isFalse();
        assertThat(found(Kinds.HTTP_ROUTE, "{\"metadata\":{\"name\":\"r\",\"resourceVersion\":\"8\"},\"a\":1}", "Accepted").differsFrom(one))
                .isTrue();
        assertThat(found(Kinds.HTTP_ROUTE, "{\"metadata\":{\"name\":\"r\",\"resourceVersion\":\"7\"},\"a\":1}", "Conflicted").differsFrom(one))
                .isTrue();
        Found without = found(Kinds.WORKLOAD, "{\"metadata\":{\"name\":\"w\"},\"a\":1}", "Ready");
        assertThat(found(Kinds.WORKLOAD, "{\"metadata\":{\"name\":\"w\"},\"a\":1}", "Ready").differsFrom(without)).isFalse();
        assertThat(found(Kinds.WORKLOAD, "{\"metadata\":{\"name\":\"w\"},\"a\":2}", "Ready").differsFrom(without)).isTrue();
    }
}
