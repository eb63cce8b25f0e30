package dev.meshctl.proxy.telemetry;

import dev.meshctl.proxy.testing.Await;
import dev.meshctl.runtime.daemon.Counters;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessLogTest {
    private final Logger logger = Logger.getLogger("dev.meshctl.proxy.access");
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Counters counters = new Counters();
    private final Handler handler = new Handler() {
        private boolean failed;

        @Override
        public void publish(LogRecord line) {
            if (!failed) {
                failed = true;
                throw new IllegalStateException("as a bug would");
            }
            lines.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void stop() {
        logger.removeHandler(handler);
    }

    @Test
    void a_line_that_cannot_be_written_is_not_the_last() throws Exception {
        try (AccessLog log = new AccessLog(() -> true, counters)) {
            log.finished(Flows.ok("v1", 200, Duration.ofMillis(1)));
            log.finished(Flows.ok("v2", 200, Duration.ofMillis(1)));

            Await.until("the second line", () -> lines.stream().anyMatch(line -> line.contains("v2")));
        }
        Await.until("the first is counted", () -> counters.count("access_log_failed") == 1);
    }
}
