package dev.meshctl.control.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.control.federation.LinkException;
import dev.meshctl.control.federation.LinkToken;
import dev.meshctl.control.federation.Links;
import dev.meshctl.control.federation.TrustBundles;
import dev.meshctl.control.federation.TrustSync;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.TestAuthority;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas that share the records of links in a Secret. */
class SecretRecordsTest {
    private static final TestAuthority WEST = new TestAuthority(new TrustDomain("west.mesh"));
    private static final TestAuthority EAST = new TestAuthority(new TrustDomain("east.mesh"));
    private static final TestAuthority NORTH = new TestAuthority(new TrustDomain("north.mesh"));
    private static final Links.Gateways GATEWAY = new Links.Gateways(List.of(new HostPort("192.0.2.1", 15443)), "");

    @TempDir
    Path directory;

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();
    private FileStore store;

    @BeforeEach
    void install() throws Exception {
        client.secrets().inNamespace("mesh-system").resource(new SecretBuilder().withNewMetadata().withName("link-tokens")
                .withNamespace("mesh-system").endMetadata().withType("Opaque").build()).create();
        store = new FileStore(directory.resolve("store"), InstantSource.system(), counters);
    }

    @AfterEach
    void close() {
        api.close();
    }

    private SecretRecords records() {
        return new SecretRecords(client, "mesh-system", "link-tokens");
    }

    private static final class NoTrustBridge implements TrustBundles {
        @Override
        public void put(TrustBundle bundle) {}

        @Override
        public void remove(TrustDomain trustDomain) {}
    }

    private Links replica(String name) throws IOException {
        Path data = Files.createDirectories(directory.resolve(name));
        return new Links(new Links.Mesh("west", WEST.trustDomain()), data.resolve("links"), records(), store,
                new TrustSync(new NoTrustBridge(), new SecureRandom(), counters), InstantSource.system(), new SecureRandom(),
                new AuditLog(data, InstantSource.system(), counters), counters);
    }

    private static void lead(Links now, Links before) {
        before.lead(false);
        now.lead(true);
        now.expire();
    }

    private static JoinRequest join(LinkToken token, String cluster, TestAuthority authority) {
        return JoinRequest.newBuilder().setSecret(token.secret()).setCluster(cluster)
                .setTrustDomain(authority.trustDomain().name())
                .setBundle(ByteString.copyFrom(SpiffeJson.write(authority.bundle()))).build();
    }

    @Test
    void a_token_that_one_leader_gave_out_is_redeemed_with_the_next_and_counts_once_all_the_same() throws Exception {
        Links first = replica("a");
        Links second = replica("b");
        LinkToken token = first.createToken(Duration.ZERO, "", GATEWAY, WEST.bundle(), "test");
        assertThat(new String(records().read("tokens.json", 10_000).orElseThrow(), StandardCharsets.UTF_8))
                .doesNotContain(token.secret());

        lead(second, first);
        assertThat(second.join(join(token, "east", EAST)).peer()).isEqualTo("east");

        lead(first, second);
        assertThatThrownBy(() -> first.join(join(token, "north", NORTH)))
                .isInstanceOf(LinkException.class).hasMessageContaining("used already");
    }

    @Test
    void a_peer_that_is_no_longer_trusted_is_so_for_the_next_leader_too() throws Exception {
        Links first = replica("a");
        Links second = replica("b");
        first.join(join(first.createToken(Duration.ZERO, "", GATEWAY, WEST.bundle(), "test"), "east", EAST));
        first.remove("east", "test");

        lead(second, first);

        assertThat(second.beingForgotten()).containsExactly(EAST.trustDomain());
    }

    @Test
    void what_another_replica_has_written_meanwhile_is_not_written_over() throws Exception {
        SecretRecords one = records();
        SecretRecords other = records();
        one.write("tokens.json", new byte[] {1});
        Optional<byte[]> known = other.read("tokens.json", 100);
        one.replace("tokens.json", known, new byte[] {2});

        assertThatThrownBy(() -> other.replace("tokens.json", known, new byte[] {3}))
                .isInstanceOf(IOException.class).hasMessageContaining("written by another replica");
        other.write("east.secret", new byte[] {4});
        assertThat(client.secrets().inNamespace("mesh-system").withName("link-tokens").get().getData())
                .containsEntry("tokens.json", Base64.getEncoder().encodeToString(new byte[] {2})).containsKey("east.secret");
    }

    @Test
    void a_write_whose_answer_was_lost_is_not_taken_for_that_of_another_replica() throws Exception {
        SecretRecords one = records();
        Optional<byte[]> known = one.read("tokens.json", 100);
        // The write has taken effect; the client, without an answer, makes it again for the version of before.
        records().write("tokens.json", new byte[] {1});
        api.server().expect().put().withPath("/api/v1/namespaces/mesh-system/secrets/link-tokens")
                .andReturn(409, new StatusBuilder().withCode(409).withReason("Conflict").build()).once();

        one.replace("tokens.json", known, new byte[] {1});

        assertThat(one.read("tokens.json", 100)).contains(new byte[] {1});
    }

    @Test
    void a_record_that_another_leader_has_removed_is_written_again_by_the_one_that_led_before() throws Exception {
        Links first = replica("a");
        Links second = replica("b");
        first.join(join(first.createToken(Duration.ZERO, "", GATEWAY, WEST.bundle(), "test"), "east", EAST));
        first.remove("east", "test");
        lead(second, first);
        second.join(join(second.createToken(Duration.ZERO, "", GATEWAY, WEST.bundle(), "test"), "east", EAST));
        assertThat(records().names()).as("the note of the end").doesNotContain("east.mesh.removed");

        lead(first, second);
        first.remove("east", "test");

        assertThat(first.of("east")).isEmpty();
        assertThat(records().names()).contains("east.mesh.removed");
    }

    @Test
    void an_installation_without_the_secret_is_told_what_to_do() {
        client.secrets().inNamespace("mesh-system").withName("link-tokens").delete();

        assertThatThrownBy(() -> records().write("tokens.json", new byte[] {1})).hasMessageContaining("meshctl upgrade");
    }
}
