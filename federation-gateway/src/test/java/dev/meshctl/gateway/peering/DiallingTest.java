package dev.meshctl.gateway.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.gateway.link.LinkJoiner;
import dev.meshctl.gateway.state.ImportStore;
import dev.meshctl.gateway.state.Uplink;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.HeldPort;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A linked mesh is dialled again whatever a try has come to. */
class DiallingTest {
    private static final TrustDomain EAST = new TrustDomain("east.mesh");
    private static final TrustDomain WEST = new TrustDomain("west.mesh");

    @TempDir
    Path directory;

    private final TestAuthority east = new TestAuthority(EAST);
    private final Counters counters = new Counters();
    private final LinkBundles bundles = new LinkBundles(EAST, east.bundle(), counters);
    private final FailingOnce svid = new FailingOnce();
    private final HeldPort nobody = new HeldPort();

    /** Whose SVID cannot be used the first time. */
    private final class FailingOnce implements SvidSource {
        private final AtomicBoolean fails = new AtomicBoolean(true);
        private final Svid good = east.issue(SpiffeId.of(EAST, SystemIdentity.FEDERATION_GATEWAY), Duration.ofHours(1));

        @Override
        public Svid current() {
            if (fails.getAndSet(false)) {
                throw new IllegalStateException("as a bug would");
            }
            return good;
        }

        @Override
        public Subscription onChange(Consumer<Svid> listener) {
            return () -> {};
        }
    }

    private record Silent() implements Uplink {
        @Override
        public void linkStatus(LinkStatus status) {}

        @Override
        public void importsChanged(String peer) {}

        @Override
        public void bundle(BundleUpdate update) {}

        @Override
        public void addresses(AddressUpdate update) {}

        @Override
        public void forget(String peer) {}
    }

    DiallingTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        nobody.close();
    }

    private String address() {
        return "127.0.0.1:" + nobody.port();
    }

    private static Backoff backoff() {
        return new Backoff(Duration.ofMillis(1), Duration.ofMillis(5), new Random(1));
    }

    @Test
    void a_link_is_dialled_again_after_a_try_that_failed_as_nobody_expected() throws Exception {
        Peers peers = new Peers("east", EAST, "1.0.0", List::of, new Peers.Tools(svid, bundles,
                new LinkJoiner("east", EAST, List::of, bundles, directory.resolve("joined")),
                new ImportStore(directory.resolve("imports"), counters), DiallingTest::backoff, InstantSource.system(), counters),
                new Silent());
        try (peers) {
            peers.apply(GatewayState.newBuilder().addLinks(
                    Link.newBuilder().setPeer("west").setTrustDomain(WEST.name()).setDialer(true).addAddresses(address())).build());

            Await.until("it is dialled again", () -> counters.count("peering_dial_failed") > 0);
            assertThat(counters.count("peering_dialer_failed")).isEqualTo(1);
        }
    }

    @Test
    void new_addresses_are_tried_again_after_a_try_that_failed_as_nobody_expected() throws Exception {
        try (PeerAddresses addresses = new PeerAddresses("west", WEST, svid, bundles, new Silent(), backoff(), counters)) {
            addresses.heard(List.of(address()));

            Await.until("they are tried again", () -> counters.count("peer_addresses_not_working") > 0);
            assertThat(counters.count("peer_addresses_failed")).isEqualTo(1);
        }
    }
}
