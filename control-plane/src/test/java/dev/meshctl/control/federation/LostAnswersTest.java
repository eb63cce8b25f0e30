package dev.meshctl.control.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.Quarantined;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.control.store.WriteRefused;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links of replicas that share an API server whose answers are late, get lost, or went to the replica that led before. */
class LostAnswersTest {
    private static final TestAuthority WEST = new TestAuthority(new TrustDomain("west.mesh"));
    private static final TestAuthority EAST = new TestAuthority(new TrustDomain("east.mesh"));
    private static final Links.Gateways GATEWAY = new Links.Gateways(List.of(new HostPort("192.0.2.1", 15443)), "");

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private final Counters counters = new Counters();
    private final Map<String, byte[]> records = new ConcurrentHashMap<>();
    private final Map<TrustDomain, TrustBundle> trustBridge = new ConcurrentHashMap<>();
    private FileStore stored;
    private TrustSync sync;
    private Answers answers = Answers.ARRIVE;
    private Links west;

    private enum Answers { ARRIVE, GET_LOST, REFUSE }

    @BeforeEach
    void open() throws IOException {
        stored = new FileStore(directory.resolve("store"), clock, counters);
        sync = new TrustSync(new TrustBundles() {
            @Override
            public void put(TrustBundle bundle) {
                trustBridge.put(bundle.trustDomain(), bundle);
            }

            @Override
            public void remove(TrustDomain trustDomain) {
                trustBridge.remove(trustDomain);
            }
        }, new SecureRandom(), counters);
        west = replica("a");
        west.lead(true);
        west.start();
    }

    @AfterEach
    void close() {
        sync.close();
    }

    private Links replica(String name) throws IOException {
        return replica(name, sync);
    }

    private Links replica(String name, TrustSync trust) throws IOException {
        Path data = Files.createDirectories(directory.resolve(name));
        return new Links(new Links.Mesh("west", WEST.trustDomain()), data.resolve("links"), new Shared(), new Faulty(), trust, clock,
                new SecureRandom(), new AuditLog(data, clock, counters), counters);
    }

    private static JoinRequest join(LinkToken token, TestAuthority authority) {
        return JoinRequest.newBuilder().setSecret(token.secret()).setCluster("east").setTrustDomain("east.mesh")
                .setBundle(ByteString.copyFrom(SpiffeJson.write(
                        new TrustBundle(EAST.trustDomain(), authority.bundle().authorities(), 1, Duration.ofMinutes(5)))))
                .build();
    }

    private LinkToken token() throws Exception {
        return west.createToken(Duration.ZERO, "", GATEWAY, WEST.bundle(), "test");
    }

    /** Of the other mesh, for this one. */
    private String eastsToken() {
        return new LinkToken("east", EAST.trustDomain(), GATEWAY.addresses(), EAST.bundle(), "s".repeat(43),
                clock.instant().plus(Duration.ofMinutes(15))).encode();
    }

    @Test
    void a_link_that_was_stored_without_an_answer_works_and_may_be_accepted_again() throws Exception {
        String token = eastsToken();
        answers = Answers.GET_LOST;
        assertThatThrownBy(() -> west.accept(token, false, "test")).isInstanceOf(IOException.class);
        answers = Answers.ARRIVE;

        assertThat(west.of("east")).isPresent();
        assertThat(west.joinSecret("east")).as("for the gateway to present").isPresent();
        assertThat(west.trusted(Bundles.NONE).of(EAST.trustDomain())).isPresent();
        assertThat(west.accept(token, false, "test").cluster()).isEqualTo("east");
        assertThatThrownBy(() -> west.accept(new LinkToken("east", EAST.trustDomain(), GATEWAY.addresses(), EAST.bundle(),
                "t".repeat(43), clock.instant().plus(Duration.ofMinutes(15))).encode(), false, "test"))
                .as("another token").isInstanceOf(LinkException.class).hasMessageContaining("linked already");

        west.align(Bundles.NONE, true);
        Await.until("trust bridge", () -> EAST.bundle().equals(trustBridge.get(EAST.trustDomain())));
    }

    @Test
    void a_peer_whose_link_was_stored_without_an_answer_is_let_in_when_it_asks_again() throws Exception {
        LinkToken token = token();
        answers = Answers.GET_LOST;
        assertThatThrownBy(() -> west.join(join(token, EAST))).isInstanceOf(IOException.class);
        answers = Answers.ARRIVE;

        assertThat(west.join(join(token, EAST)).peer()).isEqualTo("east");
        assertThat(west.trusted(Bundles.NONE).of(EAST.trustDomain())).isPresent();
    }

    @Test
    void a_link_that_was_refused_leaves_nothing() throws Exception {
        answers = Answers.REFUSE;
        assertThatThrownBy(() -> west.accept(eastsToken(), false, "test")).isInstanceOf(WriteRefused.class);

        assertThat(west.joinSecret("east")).isEmpty();
        assertThat(west.bundleOf("east")).isEmpty();
        assertThat(records).isEmpty();
    }

    @Test
    void a_peer_that_asks_again_gives_its_bundle_to_the_next_leader_where_the_last_one_took_it_along() throws Exception {
        LinkToken token = token();
        west.join(join(token, EAST));
        records.remove("east.untold");
        Links next = replica("b");
        west.lead(false);
        next.lead(true);
        next.expire();
        assertThat(next.bundleOf("east")).isEmpty();

        TestAuthority stranger = new TestAuthority(new TrustDomain("other.mesh"));
        assertThatThrownBy(() -> next.join(join(token, stranger))).as("another bundle").isInstanceOf(LinkException.class);
        assertThat(next.bundleOf("east")).isEmpty();
        next.join(join(token, EAST));

        assertThat(next.bundleOf("east").orElseThrow().authorities()).isEqualTo(EAST.bundle().authorities());
    }

    @Test
    void a_bundle_that_one_leader_has_not_brought_to_the_trust_bridge_is_brought_by_the_next() throws Exception {
        try (TrustSync unreachable = new TrustSync(new NoTrustBridge(), new SecureRandom(), counters)) {
            Links first = replica("c", unreachable);
            LinkToken token = first.createToken(Duration.ZERO, "", GATEWAY, WEST.bundle(), "test");
            first.join(join(token, EAST));
        }

        west.lead(true);
        west.expire();

        assertThat(west.trusted(Bundles.NONE).of(EAST.trustDomain())).isPresent();
        Await.until("trust bridge", () -> trustBridge.containsKey(EAST.trustDomain()));
        west.align(new Bundles(trustBridge), true);
        assertThat(records).as("what is done needs no note").doesNotContainKey("east.untold");
    }

    @Test
    void a_record_that_cannot_be_understood_keeps_no_other_from_the_next_leader() throws Exception {
        west.accept(eastsToken(), false, "test");
        records.put("east.untold", "no bundle".getBytes(StandardCharsets.US_ASCII));
        records.put("a.secret", "no time".getBytes(StandardCharsets.US_ASCII));
        records.put("No Trust Domain.removed", new byte[] {'1'});
        records.put("north.mesh.removed", new byte[] {'1'});
        Links next = replica("b");
        west.lead(false);
        next.lead(true);

        next.expire();

        assertThat(next.joinSecret("east")).isPresent();
        assertThat(next.joinSecret("a")).isEmpty();
        Await.until("the note of north is dealt with", () -> !records.containsKey("north.mesh.removed"));
        assertThat(counters.count("link_record_broken")).isEqualTo(2);
        assertThat(counters.count("link_records_not_read")).isZero();
    }

    private record NoTrustBridge() implements TrustBundles {
        @Override
        public void put(TrustBundle bundle) throws IOException {
            throw new IOException("away");
        }

        @Override
        public void remove(TrustDomain trustDomain) throws IOException {
            throw new IOException("away");
        }
    }

    @Test
    void a_secret_that_another_leader_has_dealt_with_is_not_presented_again() throws Exception {
        west.accept(eastsToken(), false, "test");
        Links next = replica("b");
        next.lead(true);
        next.expire();
        assertThat(next.joinSecret("east")).isPresent();

        // It leads for a while again, while the other has not noticed: nothing tells it that the secret is used.
        west.joined("east");
        next.lead(true);
        next.expire();

        assertThat(next.joinSecret("east")).isEmpty();
    }

    @Test
    void a_record_that_could_not_be_removed_when_the_secret_was_taken_does_not_fail_the_link_later() throws Exception {
        west.accept(eastsToken(), false, "test");
        MeshLink link = west.of("east").orElseThrow();
        stored.write(List.of(new Change.Put(link.withStatus(new MeshLink.Status(
                MeshLink.Phase.ACTIVE, "", Optional.of(Instant.EPOCH), "", "")))));
        clock.move(Duration.ofHours(1));

        west.expire();

        assertThat(west.joinSecret("east")).isEmpty();
        assertThat(west.of("east").orElseThrow().status().phase()).isEqualTo(MeshLink.Phase.ACTIVE);
    }

    private static TrustBundle rotated(long sequence) {
        return new TrustBundle(EAST.trustDomain(), List.of(EAST.root(), WEST.root()), sequence, Duration.ofMinutes(5));
    }

    private static Bundles told(TrustBundle bundle) {
        return new Bundles(Map.of(bundle.trustDomain(), bundle));
    }

    @Test
    void a_replica_that_does_not_lead_knows_the_newest_bundle_of_a_peer_when_it_begins_to() throws Exception {
        west.join(join(token(), EAST));
        Links other = replica("b");
        other.align(told(EAST.bundle()), false);

        other.align(told(rotated(2)), false);

        assertThat(other.bundleOf("east")).contains(rotated(2));
    }

    @Test
    void what_the_leader_has_heard_of_a_peer_is_not_taken_back_by_a_trust_bridge_that_is_behind() throws Exception {
        west.join(join(token(), EAST));
        west.bundleUpdate(update(rotated(3)));

        west.align(told(rotated(2)), true);

        assertThat(west.bundleOf("east")).contains(rotated(3));
    }

    private static BundleUpdate update(TrustBundle bundle) {
        return BundleUpdate.newBuilder().setPeer("east").setTrustDomain("east.mesh")
                .setBundle(ByteString.copyFrom(SpiffeJson.write(bundle))).build();
    }

    @Test
    void a_gateway_that_has_heard_less_than_another_does_not_take_a_peers_new_bundle_back() throws Exception {
        west.join(join(token(), EAST));
        west.bundleUpdate(update(rotated(3)));

        west.bundleUpdate(update(rotated(2)));

        assertThat(west.bundleOf("east")).contains(rotated(3));
        assertThat(counters.count("bundle_update_not_newer")).isEqualTo(1);
    }

    /** Records that all replicas share. */
    private final class Shared implements LinkRecords {
        @Override
        public Optional<byte[]> read(String name, int maxBytes) {
            return Optional.ofNullable(records.get(name));
        }

        @Override
        public void write(String name, byte[] content) {
            records.put(name, content);
        }

        @Override
        public void replace(String name, Optional<byte[]> known, byte[] content) {
            records.put(name, content);
        }

        @Override
        public void delete(String name) {
            records.remove(name);
        }

        @Override
        public Set<String> names() {
            return Set.copyOf(records.keySet());
        }

        @Override
        public IOException broken(String name, String why, Exception cause) {
            return new BrokenRecord(name + why, cause);
        }

        @Override
        public boolean shared() {
            return true;
        }
    }

    /** Stores, and does not always say so. */
    private final class Faulty implements ResourceStore {
        @Override
        public void listen(Consumer<List<Outcome>> listener) {
            stored.listen(listener);
        }

        @Override
        public Optional<Resource> get(ResourceKey key) {
            return stored.get(key);
        }

        @Override
        public Map<ResourceKey, Resource> all() {
            return stored.all();
        }

        @Override
        public <R extends Resource> List<R> in(Kind kind, Class<R> type, String namespace) {
            return stored.in(kind, type, namespace);
        }

        @Override
        public List<Quarantined> quarantined() {
            return stored.quarantined();
        }

        @Override
        public List<Outcome> preview(List<Change> changes) throws ConflictException {
            return stored.preview(changes);
        }

        @Override
        public List<Outcome> write(List<Change> changes) throws ConflictException, IOException {
            if (answers == Answers.REFUSE) {
                throw new WriteRefused("not permitted", new IOException("expected by the test"));
            }
            List<Outcome> outcomes = stored.write(changes);
            if (answers == Answers.GET_LOST) {
                throw new IOException("no answer");
            }
            return outcomes;
        }
    }
}
