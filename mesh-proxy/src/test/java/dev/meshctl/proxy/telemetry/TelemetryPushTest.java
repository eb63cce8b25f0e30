package dev.meshctl.proxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.telemetry.PushResponse;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.proxy.config.MovableClock;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TelemetryPushTest {
    private final BlockingQueue<Window> received = new LinkedBlockingQueue<>();
    private final MovableClock clock = new MovableClock(Instant.ofEpochSecond(1000));
    private final FlowTelemetry telemetry = new FlowTelemetry();
    private final Counters counters = new Counters();
    private volatile Status refusal = Status.OK;
    private Server server;
    private ManagedChannel channel;
    private TelemetryPush push;

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor().addService(new TelemetryGrpc.TelemetryImplBase() {
                    @Override
                    public void push(Window window, StreamObserver<PushResponse> answer) {
                        if (!refusal.isOk()) {
                            answer.onError(refusal.asRuntimeException());
                            return;
                        }
                        received.add(window);
                        answer.onNext(PushResponse.getDefaultInstance());
                        answer.onCompleted();
                    }
                }).build().start();
        channel = NettyChannelBuilder.forAddress((InetSocketAddress) server.getListenSockets().getFirst())
                .usePlaintext().build();
        // Windows end when the test says so.
        push = new TelemetryPush("west-proxy-0", telemetry, channel, () -> Duration.ofSeconds(60), clock,
                new Backoff(Duration.ofMillis(1), Duration.ofMillis(5), new Random(1)), counters);
        push.start();
    }

    @AfterEach
    void stop() {
        push.close();
        channel.shutdownNow();
        server.shutdownNow();
    }

    private void countAndEnd(int requests) {
        for (int i = 0; i < requests; i++) {
            telemetry.finished(Flows.ok("v1", 200, Duration.ofMillis(1)));
        }
        clock.advance(Duration.ofSeconds(5));
        push.endWindow();
    }

    private Window next() throws InterruptedException {
        Window window = received.poll(60, TimeUnit.SECONDS);
        assertThat(window).isNotNull();
        return window;
    }

    private static long requests(Window window) {
        return window.getSeriesList().stream().mapToLong(Series::getRequests).sum();
    }

    @Test
    void each_window_is_pushed_with_its_time() throws Exception {
        countAndEnd(3);
        countAndEnd(2);
        Window first = next();
        assertThat(first.getNode()).isEqualTo("west-proxy-0");
        assertThat(first.getStartEpochMs()).isEqualTo(1_000_000);
        assertThat(first.getLengthMs()).isEqualTo(5000);
        assertThat(requests(first)).isEqualTo(3);
        Window second = next();
        assertThat(second.getStartEpochMs()).isEqualTo(1_005_000);
        assertThat(requests(second)).isEqualTo(2);
    }

    @Test
    void while_the_control_plane_is_away_the_newest_windows_wait() throws Exception {
        // given
        refusal = Status.UNAVAILABLE;
        for (int i = 1; i <= TelemetryPush.MAX_BACKLOG + 3; i++) {
            countAndEnd(i);
        }
        assertThat(push.backlog()).isEqualTo(TelemetryPush.MAX_BACKLOG);
        assertThat(counters.count("telemetry_window_dropped")).isEqualTo(3);
        // and nothing older is on its way any more
        long failed = counters.count("telemetry_push_failed");
        Eventually.await("two more attempts", () -> counters.count("telemetry_push_failed") >= failed + 2);
        // when it is back
        refusal = Status.OK;
        // then the newest come, in order
        for (int i = 4; i <= TelemetryPush.MAX_BACKLOG + 3; i++) {
            assertThat(requests(next())).isEqualTo(i);
        }
    }

    @Test
    void a_window_that_is_refused_for_good_does_not_hold_up_the_next() throws Exception {
        refusal = Status.INVALID_ARGUMENT;
        countAndEnd(1);
        Eventually.await("the window is given up",
                () -> counters.count("telemetry_window_dropped") == 1);
        refusal = Status.OK;
        countAndEnd(2);
        assertThat(requests(next())).isEqualTo(2);
    }

    @Test
    void a_window_that_cannot_be_made_does_not_end_the_telemetry_of_the_proxy() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        InstantSource broken = () -> {
            if (asked.incrementAndGet() == 2) {
                throw new IllegalStateException("no time");
            }
            return Instant.ofEpochSecond(1000);
        };
        try (TelemetryPush shaken = new TelemetryPush("shaken", telemetry, channel, () -> Duration.ofSeconds(1), broken,
                new Backoff(Duration.ofMillis(1), Duration.ofMillis(5), new Random(1)), counters)) {
            shaken.start();

            assertThat(next().getNode()).isEqualTo("shaken");
            assertThat(counters.count("telemetry_window_failed")).isEqualTo(1);
        }
    }

    @Test
    void what_was_counted_last_is_pushed_when_the_proxy_stops() throws Exception {
        telemetry.finished(Flows.ok("v1", 200, Duration.ofMillis(1)));
        push.close(Duration.ofSeconds(60));
        assertThat(requests(next())).isEqualTo(1);
    }
}
