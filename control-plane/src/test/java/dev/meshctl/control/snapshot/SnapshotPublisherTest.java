package dev.meshctl.control.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SnapshotPublisherTest {
    private final Counters counters = new Counters();
    private final SnapshotPublisher publisher = new SnapshotPublisher(Duration.ofMillis(1), counters);
    private final List<Long> told = Collections.synchronizedList(new ArrayList<>());
    /** How many looks at the mesh fail from now on. */
    private final AtomicInteger failures = new AtomicInteger();
    private volatile String region = "eu";

    private final SnapshotBuilder builder = new SnapshotBuilder(new SnapshotSource() {
        @Override
        public Set<ServiceName> services() {
            return Set.of();
        }

        @Override
        public Optional<ServiceInputs> service(ServiceName name) {
            return Optional.empty();
        }

        @Override
        public ClusterView cluster() {
            return new ClusterView("west", Optional.empty(), region, "");
        }

        @Override
        public List<ConfigResource> meshWide() {
            if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                throw new IllegalStateException("as a bug would");
            }
            return List.of(ConfigResource.of(ConfigType.SETTINGS, "default", Settings.newBuilder().setRegion(region).build()));
        }
    }, counters);

    @AfterEach
    void close() {
        publisher.close();
    }

    @Test
    void whoever_listens_before_the_start_has_the_first_snapshot_after_it() {
        publisher.listen(update -> told.add(update.snapshot().version()));

        publisher.start(builder);

        assertThat(told).containsExactly(1L);
    }

    @Test
    void what_was_told_is_published_once_it_has_settled() throws Exception {
        publisher.listen(update -> told.add(update.snapshot().version()));
        publisher.start(builder);
        region = "us";

        publisher.touchMesh();
        publisher.settle(Duration.ofSeconds(Await.SECONDS));

        assertThat(told).containsExactly(1L, 2L);
    }

    @Test
    void a_rebuild_that_failed_is_made_up_for_without_another_change() throws Exception {
        publisher.listen(update -> told.add(update.snapshot().version()));
        publisher.start(builder);
        // Before there is a change: the publisher looks once more by itself after the start.
        failures.set(1);
        region = "us";

        publisher.touchMesh();

        Await.until("published", () -> told.equals(List.of(1L, 2L)));
        assertThat(counters.count("snapshot_failed")).isEqualTo(1);
    }

    @Test
    void a_listener_that_fails_does_not_keep_the_news_from_the_next() {
        publisher.listen(update -> {
            throw new IllegalStateException("as a bug would");
        });
        publisher.listen(update -> told.add(update.snapshot().version()));

        publisher.start(builder);

        assertThat(told).containsExactly(1L);
        assertThat(counters.count("snapshot_not_told")).isEqualTo(1);
    }
}
