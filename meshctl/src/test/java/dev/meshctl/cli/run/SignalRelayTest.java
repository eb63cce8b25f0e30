package dev.meshctl.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SignalRelayTest {
    private final Recording workload = new Recording();
    private final SignalRelay relay = new SignalRelay(Thread.currentThread());

    @AfterEach
    void leave_no_interrupt() {
        boolean cleared = Thread.interrupted();
    }

    @Test
    void a_signal_to_a_running_workload_is_passed_on() {
        relay.started(workload);

        relay.signal("TERM", 15, true);

        assertThat(workload.signals).containsExactly("TERM passed");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(relay.early()).isEmpty();
    }

    @Test
    void a_signal_during_the_start_interrupts_it_and_gives_the_exit_code() {
        relay.signal("HUP", 1, true);

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(relay.early()).contains(129);
    }

    @Test
    void a_signal_that_came_too_late_to_end_the_start_reaches_the_workload() {
        relay.signal("TERM", 15, true);

        relay.started(workload);

        assertThat(workload.signals).containsExactly("TERM passed");
        assertThat(Thread.currentThread().isInterrupted()).as("the wait for its end must not be interrupted").isFalse();
        assertThat(relay.early()).as("the exit code is now the workload's").isEmpty();
    }

    private static final class Recording implements RunningWorkload {
        private final List<String> signals = new ArrayList<>();

        @Override
        public void drainThenSignal(String name, boolean pass) {
            signals.add(name + (pass ? " passed" : " seen"));
        }

        @Override
        public String id() {
            return "recording.shop";
        }

        @Override
        public String spiffeId() {
            return "spiffe://west.mesh/ns/shop/sa/recording";
        }

        @Override
        public String outbound() {
            return "";
        }

        @Override
        public String inbound() {
            return "";
        }

        @Override
        public Map<String, String> upstreams() {
            return Map.of();
        }

        @Override
        public boolean awaitReady(Duration timeout) {
            return true;
        }

        @Override
        public CompletableFuture<Integer> exit() {
            return new CompletableFuture<>();
        }

        @Override
        public void signal(String name) {
            throw new AssertionError("without draining");
        }

        @Override
        public void stop(Duration timeout) {}

        @Override
        public void close() {}
    }
}
