package dev.meshctl.control.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.MovableClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkStatusesTest {
    private static final MeshLink LINK = new MeshLink(Metadata.of("east", ""),
            new MeshLink.Spec("east.mesh", List.of(), false, Duration.ofMinutes(10)), MeshLink.Status.PENDING);

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private final Counters counters = new Counters();
    private FileStore store;
    private MeshLink.Status now;

    @BeforeEach
    void open() throws Exception {
        store = new FileStore(directory, clock, counters);
        store.write(List.of(new Change.Put(LINK)));
        now = active("1.3.0");
        look();
    }

    private MeshLink.Status active(String version) {
        return new MeshLink.Status(MeshLink.Phase.ACTIVE, "", Optional.of(clock.instant()), "digest", version);
    }

    private void look() throws IOException {
        new LinkStatuses(store, () -> List.of(LINK.withStatus(now)), counters).look();
    }

    private MeshLink stored() {
        return store.get(MeshLink.class, LINK.key()).orElseThrow();
    }

    @Test
    void a_peer_of_another_version_is_written_down_at_once() throws Exception {
        assertThat(stored().status().peerVersion()).isEqualTo("1.3.0");

        now = active("1.4.0");
        look();

        assertThat(stored().status().peerVersion()).isEqualTo("1.4.0");
    }

    @Test
    void what_has_not_changed_is_not_written_again_but_once_a_minute() throws Exception {
        String version = stored().metadata().resourceVersion();
        clock.move(Duration.ofSeconds(59));
        now = active("1.3.0");
        look();
        assertThat(stored().metadata().resourceVersion()).isEqualTo(version);

        clock.move(Duration.ofSeconds(2));
        now = active("1.3.0");
        look();
        assertThat(stored().metadata().resourceVersion()).isNotEqualTo(version);
    }
}
