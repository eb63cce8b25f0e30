package dev.meshctl.control.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinksTest {
    private static final TestAuthority WEST = new TestAuthority(new TrustDomain("west.mesh"));
    private static final TestAuthority EAST = new TestAuthority(new TrustDomain("east.mesh"));
    private static final Links.Gateways WEST_GATEWAY = new Links.Gateways(List.of(new HostPort("127.1.0.3", 15443)), "");

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private final Counters counters = new Counters();
    private final Map<TrustDomain, TrustBundle> trustBridge = new ConcurrentHashMap<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final Map<String, FileStore> stores = new ConcurrentHashMap<>();
    private Links west;
    private Links east;
    private TrustSync sync;

    @BeforeEach
    void open() throws IOException {
        sync = new TrustSync(new TrustBundles() {
            @Override
            public void put(TrustBundle bundle) throws IOException {
                failWhileAway();
                trustBridge.put(bundle.trustDomain(), bundle);
            }

            @Override
            public void remove(TrustDomain trustDomain) throws IOException {
                failWhileAway();
                trustBridge.remove(trustDomain);
            }

            private void failWhileAway() throws IOException {
                if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                    throw new IOException("away");
                }
            }
        }, new SecureRandom(), counters);
        west = links("west", WEST.trustDomain(), new TrustSync(new Forgetful(), new SecureRandom(), counters));
        east = links("east", EAST.trustDomain(), sync);
        east.start();
    }

    private record Forgetful() implements TrustBundles {
        @Override
        public void put(TrustBundle bundle) { }

        @Override
        public void remove(TrustDomain trustDomain) { }
    }

    private Links links(String cluster, TrustDomain trustDomain, TrustSync trust) throws IOException {
        return links(cluster, trustDomain, trust, records -> records);
    }

    private Links links(String cluster, TrustDomain trustDomain, TrustSync trust, UnaryOperator<LinkRecords> records)
            throws IOException {
        Path data = Files.createDirectories(directory.resolve(cluster));
        Path files = data.resolve("links");
        FileStore store = new FileStore(data.resolve("store"), clock, counters);
        stores.put(cluster, store);
        return new Links(new Links.Mesh(cluster, trustDomain), files, records.apply(DirectoryRecords.open(files)),
                store, trust, clock, new SecureRandom(),
                new AuditLog(data, clock, counters), counters);
    }

    @AfterEach
    void close() {
        sync.close();
    }

    private LinkToken token() throws Exception {
        return west.createToken(Duration.ZERO, "", WEST_GATEWAY, WEST.bundle(), "test");
    }

    private static JoinRequest join(String secret, String cluster, TestAuthority authority) {
        return JoinRequest.newBuilder()
                .setSecret(secret).setCluster(cluster).setTrustDomain(authority.trustDomain().name())
                .setBundle(ByteString.copyFrom(SpiffeJson.write(authority.bundle())))
                .build();
    }

    private static LinkException.Cause causeOf(ThrowingCallable call) {
        return catchThrowableOfType(LinkException.class, call).why();
    }

    @Test
    void what_could_not_be_taken_over_from_the_leader_before_is_taken_over_later() throws Exception {
        AtomicInteger broken = new AtomicInteger(1);
        DirectoryRecords kept = DirectoryRecords.open(Files.createDirectories(directory.resolve("records")));
        Path data = Files.createDirectories(directory.resolve("south"));
        Links south = new Links(new Links.Mesh("south", new TrustDomain("south.mesh")), data.resolve("links"),
                new SharedRecords(kept, broken), new FileStore(data.resolve("store"), clock, counters), sync, clock,
                new SecureRandom(), new AuditLog(data, clock, counters), counters);
        south.lead(true);
        AtomicInteger told = new AtomicInteger();
        south.listen(told::incrementAndGet);

        south.expire();
        assertThat(told).as("the records could not be read").hasValue(0);
        south.expire();

        assertThat(told).hasValue(1);
        assertThat(counters.count("link_records_not_read")).isEqualTo(1);
    }

    /** Records of several replicas, which cannot be listed so many times. */
    private record SharedRecords(LinkRecords kept, AtomicInteger broken) implements LinkRecords {
        @Override
        public Optional<byte[]> read(String name, int maxBytes) throws IOException {
            return kept.read(name, maxBytes);
        }

        @Override
        public void write(String name, byte[] content) throws IOException {
            kept.write(name, content);
        }

        @Override
        public void replace(String name, Optional<byte[]> known, byte[] content) throws IOException {
            kept.replace(name, known, content);
        }

        @Override
        public void delete(String name) throws IOException {
            kept.delete(name);
        }

        @Override
        public Set<String> names() throws IOException {
            if (broken.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                throw new IllegalStateException("as a bug would");
            }
            return kept.names();
        }

        @Override
        public IOException broken(String name, String why, Exception cause) {
            return kept.broken(name, why, cause);
        }

        @Override
        public boolean shared() {
            return true;
        }
    }

    @Test
    void two_meshes_are_linked_by_one_token() throws Exception {
        LinkToken accepted = east.accept(token().encode(), false, "test");

        assertThat(accepted.cluster()).isEqualTo("west");
        assertThat(east.of("west").orElseThrow().spec().dialer()).isTrue();
        assertThat(east.of("west").orElseThrow().spec().addresses()).containsExactly("127.1.0.3:15443");
        Path secret = directory.resolve("east/links/west.secret");
        assertThat(Files.getPosixFilePermissions(secret)).isEqualTo(PosixFilePermissions.fromString("rw-------"));

        west.join(join(east.joinSecret("west").orElseThrow(), "east", EAST));
        assertThat(west.trustDomainOf("east")).contains(EAST.trustDomain());
        assertThat(west.bundleOf("east")).contains(EAST.bundle());

        east.joined("west");
        assertThat(east.joinSecret("west")).isEmpty();
        assertThat(secret).doesNotExist();
        Await.until("trust bridge", () -> WEST.bundle().equals(trustBridge.get(WEST.trustDomain())));
    }

    private static AddressUpdate moved(boolean working, String... addresses) {
        return AddressUpdate.newBuilder().setPeer("west").addAllAddresses(List.of(addresses)).setWorking(working).build();
    }

    @Test
    void a_peer_that_moves_keeps_its_old_address_until_the_new_one_works() throws Exception {
        east.accept(token().encode(), false, "test");

        east.addressUpdate(moved(false, "gw.example.org:15443"));
        assertThat(east.of("west").orElseThrow().spec().addresses()).containsExactly("127.1.0.3:15443", "gw.example.org:15443");

        east.addressUpdate(moved(true, "gw.example.org:15443"));
        assertThat(east.of("west").orElseThrow().spec().addresses()).containsExactly("gw.example.org:15443");
        assertThat(east.of("west").orElseThrow().spec().dialer()).as("the rest of the link").isTrue();
    }

    @Test
    void addresses_of_a_peer_are_bounded_and_the_oldest_go_first() {
        List<String> present = IntStream.range(0, 16).mapToObj(i -> "10.0.0." + i + ":1").toList();

        assertThat(PeerPlaces.next(present, List.of("10.9.0.1:1", "10.0.0.0:1"), false))
                .hasSize(16).startsWith("10.0.0.0:1", "10.0.0.2:1").endsWith("10.9.0.1:1");
    }

    @Test
    void an_address_update_that_means_nothing_changes_nothing_and_is_counted() throws Exception {
        east.accept(token().encode(), false, "test");

        east.addressUpdate(moved(true));
        east.addressUpdate(moved(true, "nowhere"));
        east.addressUpdate(AddressUpdate.newBuilder().setPeer("north").addAddresses("10.0.0.1:1").build());

        assertThat(east.of("west").orElseThrow().spec().addresses()).containsExactly("127.1.0.3:15443");
        assertThat(counters.count("address_update_invalid")).isEqualTo(2);
        assertThat(counters.count("address_update_of_unlinked_peer")).isEqualTo(1);
    }

    @Test
    void while_there_is_no_address_to_dial_the_cause_is_told() {
        LinkException refused = catchThrowableOfType(LinkException.class, () -> west.createToken(
                Duration.ZERO, "", new Links.Gateways(List.of(), "Service a has no address yet"), WEST.bundle(), "test"));

        assertThat(refused.why()).isEqualTo(LinkException.Cause.NO_GATEWAY);
        assertThat(refused).hasMessageContaining("Service a has no address yet");
    }

    @Test
    void a_token_counts_once_but_its_user_may_ask_again() throws Exception {
        String secret = token().secret();
        west.join(join(secret, "east", EAST));

        assertThat(west.join(join(secret, "east", EAST)).peer()).isEqualTo("east");
        TestAuthority north = new TestAuthority(new TrustDomain("north.mesh"));
        assertThat(causeOf(() -> west.join(join(secret, "north", north)))).isEqualTo(LinkException.Cause.TOKEN_USED);
        assertThat(west.of("north")).isEmpty();

        west = links("west", WEST.trustDomain(), sync);
        assertThat(causeOf(() -> west.join(join(secret, "north", north)))).as("after a restart too")
                .isEqualTo(LinkException.Cause.TOKEN_USED);
    }

    @Test
    void only_the_hash_of_a_secret_is_on_disk() throws Exception {
        String secret = token().secret();

        assertThat(secret).hasSize(43);
        assertThat(Files.readString(directory.resolve("west/links/tokens.json"))).doesNotContain(secret);
    }

    @Test
    void a_token_expires_on_both_sides() throws Exception {
        LinkToken token = token();
        clock.move(Duration.ofMinutes(15));

        assertThat(causeOf(() -> east.accept(token.encode(), false, "test"))).isEqualTo(LinkException.Cause.TOKEN_EXPIRED);
        assertThat(causeOf(() -> west.join(join(token.secret(), "east", EAST)))).isEqualTo(LinkException.Cause.TOKEN_EXPIRED);
        assertThat(east.all()).isEmpty();
    }

    @Test
    void a_token_for_one_cluster_is_of_no_use_to_another() throws Exception {
        String secret = west.createToken(Duration.ofMinutes(1), "north", WEST_GATEWAY, WEST.bundle(), "test").secret();

        assertThat(causeOf(() -> west.join(join(secret, "east", EAST)))).isEqualTo(LinkException.Cause.TOKEN_FOR_OTHER_CLUSTER);
        assertThat(causeOf(() -> west.join(join("guessed", "east", EAST)))).isEqualTo(LinkException.Cause.TOKEN_UNKNOWN);
    }

    @Test
    void each_wrong_token_gets_its_own_error_with_the_next_step() throws Exception {
        String token = token().encode();

        assertThatThrownBy(() -> east.accept("hello", false, "test")).hasMessageContaining("meshctl link create");
        assertThat(causeOf(() -> east.accept(token.substring(0, token.length() - 9), false, "t")))
                .isEqualTo(LinkException.Cause.TOKEN_TRUNCATED);
        assertThat(causeOf(() -> east.accept(token.substring(0, 40), false, "t"))).isEqualTo(LinkException.Cause.TOKEN_TRUNCATED);
        assertThat(causeOf(() -> east.accept("mlt9" + token.substring(4), false, "t")))
                .isEqualTo(LinkException.Cause.TOKEN_OF_OTHER_VERSION);
        assertThat(causeOf(() -> west.accept(token, false, "t"))).isEqualTo(LinkException.Cause.OWN_MESH);
        east.accept(token, true, "t");
        assertThat(east.all()).as("a dry run stores nothing").isEmpty();
        east.accept(token, false, "t");
        String another = token().encode();
        assertThatThrownBy(() -> east.accept(another, false, "t")).hasMessageContaining("meshctl link remove west");
    }

    @Test
    void a_removed_link_is_forgotten_everywhere_even_if_the_trust_bridge_is_away() throws Exception {
        east.accept(token().encode(), false, "test");
        Await.until("trust bridge", () -> trustBridge.containsKey(WEST.trustDomain()));
        failures.set(3);

        east.remove("west", "test");

        assertThat(east.of("west")).isEmpty();
        assertThat(directory.resolve("east/links/west.bundle.json")).doesNotExist();
        Await.until("trust bridge", () -> !trustBridge.containsKey(WEST.trustDomain()));
        Await.until("trust bridge", () -> east.beingForgotten().isEmpty());
        assertThat(counters.count("trust_bridge_bundle_retry")).isGreaterThanOrEqualTo(3);
        assertThatThrownBy(() -> east.remove("west", "test")).hasMessageContaining("no link");
    }

    @Test
    void a_peers_new_bundle_goes_to_the_trust_bridge_unless_it_is_empty_or_foreign() throws Exception {
        east.accept(token().encode(), false, "test");
        TrustBundle rotated = new TrustBundle(WEST.trustDomain(), List.of(WEST.root(), EAST.root()), 2, Duration.ofMinutes(5));
        TrustBundle empty = new TrustBundle(WEST.trustDomain(), List.of(), 3, Duration.ofMinutes(5));

        east.bundleUpdate(update("west.mesh", rotated));
        east.bundleUpdate(update("west.mesh", empty));
        east.bundleUpdate(update("east.mesh", rotated));

        assertThat(east.bundleOf("west")).contains(rotated);
        Await.until("trust bridge", () -> rotated.equals(trustBridge.get(WEST.trustDomain())));
        assertThat(counters.count("bundle_update_empty")).isEqualTo(1);
        assertThat(counters.count("bundle_update_of_unlinked_peer")).isEqualTo(1);
    }

    private static BundleUpdate update(String trustDomain, TrustBundle bundle) {
        return BundleUpdate.newBuilder().setPeer("west").setTrustDomain(trustDomain)
                .setBundle(ByteString.copyFrom(SpiffeJson.write(bundle))).build();
    }

    @Test
    void a_secret_that_no_peer_took_in_time_ends_by_itself_and_the_link_says_what_to_do() throws Exception {
        east.accept(token().encode(), false, "test");
        Path secret = directory.resolve("east/links/west.secret");
        clock.move(Duration.ofMinutes(15).minusSeconds(1));
        east.expire();
        assertThat(east.joinSecret("west")).isPresent();
        east = links("east", EAST.trustDomain(), sync);
        assertThat(east.joinSecret("west")).as("its end is known after a restart too").isPresent();

        clock.move(Duration.ofSeconds(1));
        east.expire();

        assertThat(east.joinSecret("west")).isEmpty();
        assertThat(secret).doesNotExist();
        assertThat(counters.count("link_secret_expired")).isEqualTo(1);
        MeshLink failed = links("east", EAST.trustDomain(), sync).of("west").orElseThrow();
        assertThat(failed.status().phase()).isEqualTo(MeshLink.Phase.FAILED);
        LinkStatus joining = LinkStatus.newBuilder().setPeer("west").setPhase("Joining").build();
        assertThat(LinkStates.merge(failed, Optional.of(joining), Optional.empty()).status().reason())
                .contains("meshctl link remove west");
        LinkStatus active = joining.toBuilder().setPhase("Active").build();
        assertThat(LinkStates.merge(failed, Optional.of(active), Optional.empty()).status().phase())
                .as("the peer had taken it, only the answer was lost").isEqualTo(MeshLink.Phase.ACTIVE);
    }

    @Test
    void a_secret_that_was_taken_does_not_expire() throws Exception {
        east.accept(token().encode(), false, "test");
        east.joined("west");
        clock.move(Duration.ofDays(1));

        east.expire();

        assertThat(counters.count("link_secret_expired")).isZero();
        assertThat(east.of("west").orElseThrow().status().phase()).isEqualTo(MeshLink.Phase.PENDING);
    }

    @Test
    void half_written_tokens_are_set_aside_and_a_used_one_does_not_work_again() throws Exception {
        String secret = token().secret();
        west.join(join(secret, "east", EAST));
        Path tokens = directory.resolve("west/links/tokens.json");
        String whole = Files.readString(tokens);
        String withoutUser = whole.replaceAll(",?\"user\":\"[^\"]*\"", "");
        assertThat(withoutUser).isNotEqualTo(whole);

        for (String broken : List.of(whole.substring(0, whole.length() / 2), "", "{}", withoutUser)) {
            Files.writeString(tokens, broken);
            west = links("west", WEST.trustDomain(), sync);
            TestAuthority north = new TestAuthority(new TrustDomain("north.mesh"));
            assertThat(causeOf(() -> west.join(join(secret, "north", north)))).as(broken)
                    .isEqualTo(LinkException.Cause.TOKEN_UNKNOWN);
            assertThat(tokens.resolveSibling("tokens.json.corrupt")).hasContent(broken);
        }

        assertThat(counters.count("link_tokens_corrupt")).isEqualTo(4);
        west.join(join(token().secret(), "north", new TestAuthority(new TrustDomain("north.mesh"))));
    }

    @Test
    void on_a_full_disk_no_half_of_a_link_is_made_and_the_token_is_still_good() throws Exception {
        LinkToken token = token();
        // A directory in the place of a file fails its write, as a full disk would.
        Path bundle = Files.createDirectories(directory.resolve("east/links/west.bundle.json/full"));

        assertThatThrownBy(() -> east.accept(token.encode(), false, "test")).isInstanceOf(IOException.class);
        assertThat(east.all()).isEmpty();
        assertThat(east.joinSecret("west")).isEmpty();
        assertThat(east.bundleOf("west")).isEmpty();
        assertThat(directory.resolve("east/links/west.secret")).doesNotExist();

        Files.delete(bundle);
        Files.delete(bundle.getParent());
        east.accept(token.encode(), false, "test");
        assertThat(east.joinSecret("west")).contains(token.secret());
    }

    @Test
    void on_a_full_disk_a_token_that_cannot_be_noted_as_used_is_not_used() throws Exception {
        String secret = token().secret();
        Path tokens = directory.resolve("west/links/tokens.json");
        Files.delete(tokens);
        Path full = Files.createDirectories(tokens.resolve("full"));

        assertThatThrownBy(() -> west.join(join(secret, "east", EAST))).isInstanceOf(IOException.class);
        assertThat(west.all()).isEmpty();

        Files.delete(full);
        Files.delete(tokens);
        assertThat(west.join(join(secret, "east", EAST)).peer()).isEqualTo("east");
    }

    @Test
    void a_link_whose_files_cannot_be_removed_is_ended_all_the_same() throws Exception {
        east.accept(token().encode(), false, "test");
        Await.until("trust bridge", () -> trustBridge.containsKey(WEST.trustDomain()));
        Path bundle = directory.resolve("east/links/west.bundle.json");
        Files.delete(bundle);
        Files.createDirectories(bundle.resolve("stuck"));
        List<String> told = new ArrayList<>();
        east.listenToRemovals(told::add);

        east.remove("west", "test");

        assertThat(told).containsExactly("west");
        assertThat(counters.count("link_files_not_removed")).isEqualTo(1);
        Await.until("trust bridge", () -> !trustBridge.containsKey(WEST.trustDomain()));
    }

    @Test
    void a_bundle_that_is_to_be_given_back_while_it_is_on_its_way_is_brought_once_more() throws Exception {
        AtomicReference<TrustSync> self = new AtomicReference<>();
        AtomicInteger puts = new AtomicInteger();
        try (TrustSync forgetful = new TrustSync(new TrustBundles() {
            @Override
            public void put(TrustBundle bundle) {
                if (puts.incrementAndGet() == 1) {
                    // It has taken it, and lost it again before it has said so.
                    self.get().put(bundle);
                }
            }

            @Override
            public void remove(TrustDomain trustDomain) { }
        }, new SecureRandom(), counters)) {
            self.set(forgetful);
            forgetful.put(EAST.bundle());
            forgetful.start(removed -> { });

            Await.until("once more", () -> puts.get() == 2);
        }
    }

    @Test
    void a_bundle_that_the_trust_bridge_refuses_does_not_keep_the_others_waiting() throws Exception {
        TrustBundle refused = WEST.bundle();
        List<TrustDomain> taken = new CopyOnWriteArrayList<>();
        try (TrustSync picky = new TrustSync(new TrustBundles() {
            @Override
            public void put(TrustBundle bundle) throws IOException {
                if (bundle.equals(refused)) {
                    throw new IOException("never");
                }
                taken.add(bundle.trustDomain());
            }

            @Override
            public void remove(TrustDomain trustDomain) { }
        }, new SecureRandom(), counters)) {
            picky.put(refused);
            picky.put(EAST.bundle());
            picky.start(removed -> { });

            Await.until("the other one", () -> taken.contains(EAST.trustDomain()));
        }
        assertThat(counters.count("trust_bridge_bundle_retry")).isPositive();
    }

    @Test
    void a_replica_whose_link_another_one_has_removed_trusts_its_mesh_no_more_and_leaves_the_trust_bridge_to_that_one() throws Exception {
        east.accept(token().encode(), false, "test");
        Await.until("trust bridge", () -> trustBridge.containsKey(WEST.trustDomain()));
        MeshLink link = east.of("west").orElseThrow();
        otherRemoves(link);

        east.gone(link, false);

        assertThat(east.bundleOf("west")).isEmpty();
        assertThat(east.trusted(Bundles.NONE).byTrustDomain()).isEmpty();
        assertThat(east.beingForgotten()).as("what another replica may link again").isEmpty();
        assertThat(trustBridge).containsKey(WEST.trustDomain());
    }

    @Test
    void a_link_that_a_user_has_deleted_by_other_means_ends_the_trust_too() throws Exception {
        east.accept(token().encode(), false, "test");
        Await.until("trust bridge", () -> trustBridge.containsKey(WEST.trustDomain()));
        MeshLink link = east.of("west").orElseThrow();
        List<String> told = new ArrayList<>();
        east.listenToRemovals(told::add);
        otherRemoves(link);

        east.gone(link, true);

        assertThat(east.trusted(Bundles.NONE).byTrustDomain()).isEmpty();
        assertThat(told).containsExactly("west");
        Await.until("trust bridge", () -> !trustBridge.containsKey(WEST.trustDomain()));
    }

    @Test
    void the_end_of_a_link_that_is_heard_of_after_it_was_made_anew_ends_nothing() throws Exception {
        east.accept(token().encode(), false, "test");
        MeshLink old = east.of("west").orElseThrow();

        east.gone(old, true);

        assertThat(east.bundleOf("west")).contains(WEST.bundle());
        assertThat(east.beingForgotten()).isEmpty();
    }

    @Test
    void the_linked_meshes_are_trusted_whatever_the_trust_bridge_has_lost_or_has_not_forgotten() throws Exception {
        TestAuthority south = new TestAuthority(new TrustDomain("south.mesh"));
        east.accept(token().encode(), false, "test");

        assertThat(east.trusted(bundles(EAST, south)).byTrustDomain().keySet())
                .containsExactlyInAnyOrder(EAST.trustDomain(), WEST.trustDomain());

        east.remove("west", "test");
        assertThat(east.trusted(bundles(EAST, WEST, south)).byTrustDomain().keySet()).containsExactly(EAST.trustDomain());
    }

    @Test
    void a_bundle_that_the_trust_bridge_has_lost_is_given_back_by_the_replica_that_leads() throws Exception {
        east.accept(token().encode(), false, "test");
        Await.until("trust bridge", () -> trustBridge.containsKey(WEST.trustDomain()));
        trustBridge.clear();

        east.align(bundles(EAST), false);
        east.align(bundles(EAST, WEST), true);
        assertThat(trustBridge).isEmpty();
        east.align(bundles(EAST), true);

        Await.until("trust bridge", () -> trustBridge.containsKey(WEST.trustDomain()));
    }

    @Test
    void a_link_that_another_replica_has_made_is_trusted_by_the_bundle_of_the_trust_bridge() throws Exception {
        east.accept(token().encode(), false, "test");
        Links other = new Links(new Links.Mesh("east", EAST.trustDomain()), directory.resolve("other"),
                DirectoryRecords.open(directory.resolve("other")), stores.get("east"), sync, clock, new SecureRandom(),
                new AuditLog(Files.createDirectories(directory.resolve("other")), clock, counters), counters);
        assertThat(other.trusted(bundles(EAST)).byTrustDomain()).containsOnlyKeys(EAST.trustDomain());

        other.align(bundles(EAST, WEST), false);

        assertThat(other.bundleOf("west")).contains(WEST.bundle());
        assertThat(other.trusted(bundles(EAST)).byTrustDomain()).containsOnlyKeys(EAST.trustDomain(), WEST.trustDomain());
    }

    private static Bundles bundles(TestAuthority... meshes) {
        return new Bundles(Stream.of(meshes).collect(Collectors.toMap(TestAuthority::trustDomain, TestAuthority::bundle)));
    }

    @Test
    void the_note_of_an_ended_link_that_cannot_be_removed_at_once_is_removed_later_also_when_it_is_linked_again() throws Exception {
        AtomicInteger refused = new AtomicInteger(1);
        try (TrustSync trust = new TrustSync(new Forgetful(), new SecureRandom(), counters)) {
            Links north = links("north", new TrustDomain("north.mesh"), trust, records -> notRemoving(records, refused));
            north.start();
            north.accept(token().encode(), false, "test");
            north.remove("west", "test");
            Await.until("the attempt", () -> refused.get() == 0);
            Path note = directory.resolve("north/links/west.mesh.removed");
            assertThat(note).exists();
            north.accept(token().encode(), false, "test");

            north.expire();

            assertThat(note).doesNotExist();
            assertThat(north.bundleOf("west")).isPresent();
        }
    }

    /** Fails to remove notes so many times. */
    private static LinkRecords notRemoving(LinkRecords records, AtomicInteger times) {
        return (LinkRecords) Proxy.newProxyInstance(LinksTest.class.getClassLoader(), new Class<?>[] {LinkRecords.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("delete") && String.valueOf(arguments[0]).endsWith(".removed")
                            && times.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                        throw new IOException("no answer");
                    }
                    return method.invoke(records, arguments);
                });
    }

    private void otherRemoves(MeshLink link) throws Exception {
        stores.get("east").write(List.of(new Change.Remove(link.key())));
    }
}
