package dev.meshctl.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.Environment.Terminals;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private record Row(String name, String state) {}

    private static final Table<Row> TABLE = Table.<Row>of(Row::name, row -> Map.of("name", row.name()))
            .column("NAME", Row::name)
            .column("STATE", Row::state, row -> Style.GOOD)
            .wide("LENGTH", row -> Integer.toString(row.name().length()));
    private static final List<Row> ROWS = List.of(new Row("west", "ready"), new Row("east-1", ""));

    private Console console(Map<String, String> variables, Terminals terminals, OutputFormat format, String input) {
        return console(variables, terminals, format, input, 80);
    }

    private Console console(
            Map<String, String> variables, Terminals terminals, OutputFormat format, String input, int width) {
        return new Console(new Environment(variables, Path.of("."),
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), stream(out), stream(err), terminals,
                width), format);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static final Terminals ALL = new Terminals(true, true, true);

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void a_table_is_aligned_and_coloured_on_a_terminal() {
        console(Map.of(), ALL, OutputFormat.TABLE, "").print(TABLE, ROWS, "none");

        assertThat(out()).isEqualTo("\u001b[2mNAME\u001b[0m     \u001b[2mSTATE\u001b[0m\n"
                + "west     \u001b[32mready\u001b[0m\n" + "east-1   \u001b[32m-\u001b[0m\n");
    }

    @Test
    void rows_that_come_later_stand_below_the_columns_of_those_before() {
        Console console = console(Map.of("NO_COLOR", "1"), ALL, OutputFormat.TABLE, "");
        console.print(TABLE, ROWS, "none");

        console.printMore(TABLE, ROWS, List.of(new Row("w2", "gone")));

        assertThat(out()).isEqualTo("NAME     STATE\nwest     ready\neast-1   -\nw2       gone\n");
    }

    @Test
    void rows_that_come_later_in_a_pipe_have_no_header_either() {
        Console console = console(Map.of(), Terminals.NONE, OutputFormat.TABLE, "");

        console.printMore(TABLE, ROWS, List.of(new Row("w2", "gone")));

        assertThat(out()).isEqualTo("w2\tgone\n");
    }

    @Test
    void no_color_turns_colours_off_and_keeps_the_columns() {
        console(Map.of("NO_COLOR", "1"), ALL, OutputFormat.WIDE, "").print(TABLE, ROWS, "none");

        assertThat(out()).isEqualTo("NAME     STATE   LENGTH\nwest     ready   4\neast-1   -       6\n");
    }

    @Test
    void on_a_narrow_terminal_the_widest_columns_are_folded_and_no_line_is_too_long() {
        List<Row> wide = List.of(new Row("west", "the control plane does not answer (connection refused)"),
                new Row("east", "spiffe://east.mesh/ns/shop/sa/payments answered"), new Row("north", "ready"));

        console(Map.of("NO_COLOR", "1"), ALL, OutputFormat.TABLE, "", 32).print(TABLE, wide, "none");

        assertThat(out()).isEqualTo("""
                NAME    STATE
                west    the control plane does
                        not answer (connection
                        refused)
                east    spiffe://east.mesh/ns/sh
                        op/sa/payments answered
                north   ready
                """);
    }

    @Test
    void where_not_even_single_words_fit_no_line_is_folded() {
        List<Row> wide = List.of(new Row("west", "the control-plane does not answer"));

        console(Map.of("NO_COLOR", "1"), ALL, OutputFormat.TABLE, "", 15).print(TABLE, wide, "none");

        assertThat(out()).isEqualTo("NAME   STATE\nwest   the control-plane does not answer\n");
    }

    @Test
    void a_pipe_gets_tab_separated_text() {
        console(Map.of(), Terminals.NONE, OutputFormat.TABLE, "").print(TABLE, ROWS, "none");

        assertThat(out()).isEqualTo("NAME\tSTATE\nwest\tready\neast-1\t-\n");
    }

    @Test
    void json_yaml_and_names_carry_the_data_alone() {
        console(Map.of(), ALL, OutputFormat.YAML, "").print(TABLE, ROWS, "none");
        console(Map.of(), ALL, OutputFormat.NAME, "").print(TABLE, ROWS, "none");
        console(Map.of(), ALL, OutputFormat.JSON, "").print(TABLE, List.of(), "none");

        assertThat(out()).isEqualTo("- name: west\n- name: east-1\nwest\neast-1\n[ ]\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void text_that_looks_like_a_number_stays_text_in_yaml() {
        console(Map.of(), ALL, OutputFormat.YAML, "").data(Map.of("resourceVersion", "1209"));
        console(Map.of(), ALL, OutputFormat.YAML, "").data(Map.of("version", "12e4"));
        console(Map.of(), ALL, OutputFormat.YAML, "").data(Map.of("generation", 3));

        assertThat(out()).isEqualTo("resourceVersion: \"1209\"\nversion: \"12e4\"\ngeneration: 3\n");
    }

    @Test
    void an_error_has_one_block_with_where_why_and_next() {
        console(Map.of(), Terminals.NONE, OutputFormat.TABLE, "")
                .error(CliError.failed("it broke").at("cluster west").because("of that\nand this").next("meshctl status"));

        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("""
                error: it broke
                  where: cluster west
                  why:   of that
                         and this
                  next:  meshctl status
                """);
    }

    @Test
    void only_yes_is_yes() {
        assertThat(console(Map.of(), ALL, OutputFormat.TABLE, "YES\n").ask("Go on?")).isTrue();
        assertThat(console(Map.of(), ALL, OutputFormat.TABLE, "\n").ask("Go on?")).isFalse();
        assertThat(console(Map.of(), ALL, OutputFormat.TABLE, "").ask("Go on?")).isFalse();
    }

    @Test
    void progress_outside_a_terminal_prints_one_line_for_each_step_that_ended() {
        try (Progress progress = new Progress(console(Map.of(), Terminals.NONE, OutputFormat.TABLE, ""), () -> 0)) {
            Progress.Step first = progress.step("one");
            first.update("half way");
            first.done("seen it");
            first.failed("too late to matter");
            progress.step("two").failed("no luck");
            progress.step("three");
        }

        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("✓ one  seen it  0.0 s\n✗ two  no luck  0.0 s\n- three  stopped  0.0 s\n");
    }

    @Test
    void lanes_run_side_by_side_and_each_step_says_how_it_ended() {
        try (Progress progress = new Progress(console(Map.of(), Terminals.NONE, OutputFormat.TABLE, ""), () -> 0)) {
            Progress west = progress.lane();
            Progress east = progress.lane();
            Progress.Step first = west.step("west: trust-bridge");
            Progress.Step second = east.step("east: trust-bridge");
            second.failed("no luck");
            first.done("pid 7");
            west.step("west: mesh-proxy");
            east.close();
        }

        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("✗ east: trust-bridge  no luck  0.0 s\n✓ west: trust-bridge  pid 7  0.0 s\n"
                        + "- west: mesh-proxy  stopped  0.0 s\n");
    }

    @Test
    void on_a_terminal_every_running_step_has_a_live_line_and_one_that_ends_goes_up() {
        Terminals terminal = new Terminals(true, true, true);
        try (Progress progress = new Progress(
                console(Map.of("NO_COLOR", "1"), terminal, OutputFormat.TABLE, ""), () -> 0)) {
            Progress.Step west = progress.lane().step("west");
            Progress.Step east = progress.lane().step("east");
            err.reset();
            west.done("ready");
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .as("both lines are cleared, the ended one is printed, the other goes on below")
                    .contains("\r\u001b[2K\u001b[1A\u001b[2K✓ west  ready  0.0 s\n")
                    .endsWith(" east  0.0 s");
            east.done("");
        }
    }
}
