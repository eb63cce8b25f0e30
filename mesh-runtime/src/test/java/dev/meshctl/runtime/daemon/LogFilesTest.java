package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LogFilesTest {
    private final PrintStream before = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void log() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        LogFiles.toConsole();
    }

    @AfterEach
    void restore() throws Exception {
        System.setOut(before);
        LogManager.getLogManager().readConfiguration();
    }

    /** What one logger has said: threads of tests before this one may have something to say, too. */
    private String printed(String logger) {
        return printed.toString(StandardCharsets.UTF_8).lines()
                .filter(line -> line.contains(" " + logger.substring(logger.lastIndexOf('.') + 1) + ": "))
                .map(line -> line + "\n").collect(Collectors.joining());
    }

    @Test
    void a_record_on_the_console_is_one_line_with_its_time_and_its_stack() {
        Logger.getLogger("dev.meshctl.test.Thing").log(Level.WARNING, "it broke\nbadly", new IllegalStateException("why"));

        assertThat(printed("Thing")).hasLineCount(1).endsWith("\n")
                .matches("(?s)\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z WARNING Thing: it broke \\| badly .*")
                .contains("IllegalStateException: why", "LogFilesTest");
    }

    @Test
    void what_is_less_important_than_the_level_is_not_printed() {
        Logger.getLogger("dev.meshctl.test.Thing").fine("a detail");

        assertThat(printed("Thing")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "io.grpc.netty.NettyServerTransport, INFO",
        "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils, WARNING",
        "io.fabric8.kubernetes.client.informers.impl.cache.Reflector, WARNING",
        "io.fabric8.kubernetes.client.jdkhttp.JdkWebSocketImpl, WARNING"})
    void libraries_that_tell_what_others_count_are_quiet_and_still_tell_what_is_worse(String name, String level) {
        Logger library = Logger.getLogger(name);

        library.log(Level.parse(level), "noise");
        assertThat(printed(name)).isEmpty();

        library.severe("trouble");
        assertThat(printed(name)).contains("trouble");
    }
}
