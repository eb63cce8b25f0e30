package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatingLogFileTest {
    @TempDir
    Path directory;

    @Test
    void however_much_is_logged_the_disk_used_is_bounded_and_the_newest_is_kept() throws IOException {
        RotatingLogFile log = new RotatingLogFile(directory, "proxy", 3, 1000);

        for (int i = 0; i < 500; i++) {
            log.publish(new LogRecord(Level.INFO, "message " + i));
        }
        log.close();

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("proxy.log", "proxy.1.log", "proxy.2.log");
        }
        assertThat(Files.size(directory.resolve("proxy.log"))).isLessThanOrEqualTo(1000);
        assertThat(Files.readString(directory.resolve("proxy.log"))).contains("message 499");
    }

    @Test
    void a_record_is_one_line_even_with_an_exception() throws IOException {
        RotatingLogFile log = new RotatingLogFile(directory, "proxy", 2, 100_000);
        LogRecord failure = new LogRecord(Level.SEVERE, "failed\nbadly");
        failure.setThrown(new IllegalStateException("why"));

        log.publish(failure);
        log.close();

        assertThat(Files.readAllLines(directory.resolve("proxy.log")))
                .singleElement()
                .asString()
                .contains("failed | badly", "IllegalStateException: why");
    }
}
