package dev.meshctl.cli.command.install;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Environment;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ComponentTableTest {
    private static final List<ComponentTable.Row> LOCAL = List.of(
            local("trust-bridge", 412_301, true, 0, List.of("127.9.0.1:15013", "127.9.0.1:8443", "127.9.0.1:15014")),
            local("control-plane", 412_377, true, 0, List.of("127.9.0.2:15012", "127.9.0.2:15014")),
            local("federation-gateway", 0, false, 12, List.of()),
            local("mesh-proxy", 412_533, true, 1, List.of("127.9.0.4:15000", "127.9.0.4:15020")));

    private static ComponentTable.Row local(String name, long pid, boolean ready, int restarts, List<String> listen) {
        return new ComponentTable.Row("west", new ComponentProcess(name, pid, ready, false, !ready, restarts, "",
                ready ? started() : 0, listen), "0.1.0-SNAPSHOT");
    }

    private static long started() {
        return Instant.now().minus(Duration.ofMinutes(7)).toEpochMilli();
    }

    private static List<String> printed(List<ComponentTable.Row> rows, Environment.Terminals terminals, int width, OutputFormat format) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        new Console(new Environment(Map.of("NO_COLOR", "1"), Path.of("."), System.in, stream, stream, terminals, width), format)
                .print(ComponentTable.TABLE, rows, "none");
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static List<String> on(int columns, List<ComponentTable.Row> rows) {
        List<String> lines = printed(rows, new Environment.Terminals(true, true, true), columns, OutputFormat.TABLE);
        assertThat(lines).as("lines of at most " + columns).allMatch(line -> line.length() <= columns);
        return lines;
    }

    @Test
    void eighty_columns_have_a_line_for_each_component() {
        assertThat(String.join("\n", on(80, LOCAL))).isEqualTo("""
                CLUSTER   COMPONENT            STATE        UP   RESTARTS   VERSION
                west      trust-bridge         ready        7m   0          0.1.0-SNAPSHOT
                west      control-plane        ready        7m   0          0.1.0-SNAPSHOT
                west      federation-gateway   crash loop   -    12         0.1.0-SNAPSHOT
                west      mesh-proxy           ready        7m   1          0.1.0-SNAPSHOT""");
    }

    @Test
    void sixty_columns_have_one_too() {
        assertThat(String.join("\n", on(60, LOCAL))).isEqualTo("""
                CLUSTER   COMPONENT            STATE        UP   RESTARTS
                west      trust-bridge         ready        7m   0
                west      control-plane        ready        7m   0
                west      federation-gateway   crash loop   -    12
                west      mesh-proxy           ready        7m   1""");
    }

    @Test
    void names_of_pods_stay_in_one_piece() {
        List<ComponentTable.Row> pods = List.of(new ComponentTable.Row("prod-eu", new ComponentProcess(
                "federation-gateway-5d6c7f9b8d-x2x4k", 0, true, false, false, 3, "", started(), List.of("10.244.1.17"), "registry.example.org/meshctl:1.2.0"), "1.2.0"));

        assertThat(on(80, pods)).hasSize(2);
        assertThat(on(60, pods)).hasSize(2);
    }

    @Test
    void wide_terminals_pipes_and_o_wide_have_everything() {
        assertThat(on(140, LOCAL).getFirst()).contains("PID", "VERSION", "ADDRESSES");
        assertThat(printed(LOCAL, Environment.Terminals.NONE, 60, OutputFormat.TABLE).getFirst())
                .isEqualTo("CLUSTER\tCOMPONENT\tSTATE\tPID\tUP\tRESTARTS\tVERSION\tADDRESSES");
        assertThat(printed(LOCAL, new Environment.Terminals(true, true, true), 60, OutputFormat.WIDE).getFirst())
                .contains("PID", "ADDRESSES", "IMAGE", "LAST EXIT");
    }
}
