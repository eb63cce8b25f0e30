package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pod finds in its volumes. */
class PodFilesTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");

    @TempDir
    Path directory;

    @Test
    void a_projected_token_stays_where_it_is_and_is_read_anew_each_time() throws IOException {
        Path file = Files.writeString(directory.resolve("control-plane.token"), "one.two.three");
        Tokens tokens = Tokens.of(config("kubernetes"), "control-plane");

        assertThat(tokens.get()).hasValue("one.two.three");
        Files.writeString(file, "four.five.six\n");

        assertThat(tokens.get()).hasValue("four.five.six");
        assertThat(tokens.get()).hasValue("four.five.six");
        assertThat(file).exists();
    }

    @Test
    void a_join_token_of_a_local_cluster_is_gone_once_it_is_read() throws IOException {
        Path file = Files.writeString(directory.resolve("control-plane.token"), "mjt_x");

        assertThat(Tokens.of(config("local"), "control-plane").get()).hasValue("mjt_x");

        assertThat(file).doesNotExist();
    }

    @Test
    void a_token_of_some_kilobytes_is_taken_and_a_huge_file_is_not() throws IOException {
        Path file = Files.writeString(directory.resolve("web.token"), "a".repeat(12_000));
        Tokens tokens = Tokens.of(config("kubernetes"), "web");
        assertThat(tokens.get()).hasValueSatisfying(token -> assertThat(token).hasSize(12_000));

        Files.writeString(file, "a".repeat(20_000));

        assertThat(tokens.get()).isEmpty();
    }

    @Test
    void a_bundle_that_is_published_after_the_start_is_waited_for() throws Exception {
        DaemonConfig config = config("kubernetes");
        TrustBundle bundle = new TestAuthority(WEST).bundle();
        Files.writeString(config.bundle(), "");

        CompletableFuture<TrustBundle> read = CompletableFuture.supplyAsync(() -> {
            try {
                return BundleFile.read(config);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        Path beside = Files.write(directory.resolve("beside"), SpiffeJson.write(bundle));
        Files.move(beside, config.bundle(), StandardCopyOption.ATOMIC_MOVE);

        assertThat(read.get(Await.SECONDS, TimeUnit.SECONDS)).isEqualTo(bundle);
    }

    @Test
    void a_bundle_that_does_not_come_is_named_with_whom_to_ask() {
        assertThatThrownBy(() -> BundleFile.read(config("kubernetes"), Duration.ofMillis(1)))
                .isInstanceOf(IOException.class).hasMessageContaining("bundle.json").hasMessageContaining("trust bridge");
        assertThatThrownBy(() -> BundleFile.read(config("local"))).hasMessageContaining("install the cluster again");
    }

    @Test
    void a_bundle_that_is_none_is_an_error_at_once() throws IOException {
        DaemonConfig config = config("kubernetes");
        Files.writeString(config.bundle(), "{");

        assertThatThrownBy(() -> BundleFile.read(config)).hasMessageContaining("is no bundle of west.mesh");
    }

    private DaemonConfig config(String platform) {
        return new DaemonConfig("west", WEST, "node", directory, Map.of(), null, null,
                directory.resolve("bundle.json"), directory, Map.of("platform", platform));
    }
}
