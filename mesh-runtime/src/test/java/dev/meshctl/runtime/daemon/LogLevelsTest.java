package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.runtime.testing.Await;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class LogLevelsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final List<String> said = new ArrayList<>();
    private final Logger root = Logger.getAnonymousLogger();
    private final Logger own = Logger.getAnonymousLogger();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            if (isLoggable(record)) {
                said.add(record.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final LogLevels levels;

    LogLevelsTest() {
        root.setUseParentHandlers(false);
        root.setLevel(Level.INFO);
        root.addHandler(handler);
        handler.setLevel(Level.INFO);
        own.setParent(root);
        levels = new LogLevels(own, root, InstantSource.fixed(NOW));
    }

    @Test
    void more_is_said_by_the_own_loggers_only_and_until_it_is_taken_back() {
        own.fine("before");
        LogLevels.State state = levels.set("debug", Duration.ofMinutes(5));
        own.fine("more");
        root.fine("of a library");
        levels.reset();
        own.fine("after");

        assertThat(state).isEqualTo(new LogLevels.State("debug", NOW.plus(Duration.ofMinutes(5))));
        assertThat(said).containsExactly("more");
        assertThat(handler.getLevel()).isEqualTo(Level.INFO);
    }

    @Test
    void a_second_change_replaces_the_first_and_what_was_before_comes_back() {
        levels.set("debug", Duration.ofMinutes(5));
        levels.set("error", Duration.ofMinutes(5));
        own.warning("hidden");
        levels.reset();
        own.warning("shown");

        assertThat(said).containsExactly("shown");
        assertThat(handler.getLevel()).isEqualTo(Level.INFO);
    }

    @Test
    void it_goes_back_by_itself() throws Exception {
        levels.set("debug", Duration.ofMillis(1));

        Await.until("the level of before", () -> own.getLevel() == null);
    }

    @Test
    void nothing_holds_longer_than_an_hour_and_levels_have_names() {
        assertThat(levels.set("info", Duration.ofDays(9)).until()).isEqualTo(NOW.plus(LogLevels.MAX));
        assertThatThrownBy(() -> levels.set("verbose", Duration.ofMinutes(1))).hasMessageContaining("debug, info, warn, error");
        levels.close();
    }
}
