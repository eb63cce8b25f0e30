package dev.meshctl.cli.platform.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenKeeperTest {
    private static final TrustDomain WEST = TrustDomain.ofCluster("west");

    @TempDir
    Path root;

    private final List<SpiffeId> made = new ArrayList<>();
    private ClusterDirectory directory = new ClusterDirectory(Path.of(""));
    private Instant now = Instant.EPOCH;
    private boolean away;

    @BeforeEach
    void installed() throws IOException {
        directory = new ClusterDirectory(root);
        Files.createDirectories(directory.of(Component.TRUST_BRIDGE));
        Files.createFile(directory.trustSocket());
        now = Instant.parse("2026-01-01T00:00:00Z");
    }

    private TokenKeeper keeper() {
        return new TokenKeeper(directory, WEST, this::make, () -> now);
    }

    private String make(SpiffeId id, Duration life) throws IOException {
        if (away) {
            throw new IOException("it is away");
        }
        assertThat(life).isEqualTo(TokenKeeper.LIFE);
        made.add(id);
        return "token " + made.size();
    }

    private Path gatewayToken() {
        return directory.tokens(Component.FEDERATION_GATEWAY)
                .resolve(SystemIdentity.FEDERATION_GATEWAY.serviceAccount() + ".token");
    }

    /** Files carry the time of the disk, which is not that of the test. */
    private void writtenNow() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".token")).toList()) {
                Files.setLastModifiedTime(file, FileTime.from(now));
            }
        }
    }

    @Test
    void every_identity_of_every_daemon_gets_a_token_that_only_the_owner_reads() throws Exception {
        keeper().refresh();

        assertThat(made).containsExactlyInAnyOrder(
                SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE), SpiffeId.of(WEST, SystemIdentity.FEDERATION_GATEWAY),
                SpiffeId.of(WEST, SystemIdentity.PROXY), SpiffeId.of(WEST, SystemIdentity.PROBE));
        assertThat(gatewayToken()).content().startsWith("token ");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(gatewayToken()))).isEqualTo("rw-------");
    }

    @Test
    void a_token_is_left_alone_for_half_of_its_life_and_then_replaced_while_it_still_holds() throws Exception {
        TokenKeeper keeper = keeper();
        keeper.refresh();
        writtenNow();
        String first = Files.readString(gatewayToken());

        now = now.plus(TokenKeeper.LIFE.dividedBy(2)).minusSeconds(1);
        keeper.refresh();
        assertThat(gatewayToken()).hasContent(first);

        now = now.plusSeconds(1);
        keeper.refresh();
        assertThat(Files.readString(gatewayToken())).isNotEqualTo(first);
    }

    @Test
    void a_token_that_was_used_is_replaced_at_once_and_no_other() throws Exception {
        TokenKeeper keeper = keeper();
        keeper.refresh();
        writtenNow();
        made.clear();

        Files.delete(gatewayToken());
        keeper.refresh();

        assertThat(made).containsExactly(SpiffeId.of(WEST, SystemIdentity.FEDERATION_GATEWAY));
        assertThat(gatewayToken()).exists();
    }

    @Test
    void while_the_trust_bridge_is_away_the_old_token_stays_and_it_is_asked_again() throws Exception {
        TokenKeeper keeper = keeper();
        keeper.refresh();
        writtenNow();
        String first = Files.readString(gatewayToken());
        now = now.plus(TokenKeeper.LIFE);
        away = true;

        keeper.refresh();
        assertThat(gatewayToken()).hasContent(first);

        away = false;
        keeper.refresh();
        assertThat(Files.readString(gatewayToken())).isNotEqualTo(first);
    }

    @Test
    void nobody_is_asked_before_the_trust_bridge_has_its_socket() throws Exception {
        Files.delete(directory.trustSocket());

        keeper().refresh();

        assertThat(made).isEmpty();
        assertThat(gatewayToken()).doesNotExist();
    }
}
