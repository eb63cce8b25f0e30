package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.file.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuarantineTest {
    @TempDir
    Path directory;

    private final Counters counters = new Counters();
    private Path file;

    @BeforeEach
    void place() {
        file = directory.resolve("bundles.json");
    }

    private BundleStore open() throws IOException {
        return Quarantine.open(file, counters, "bundles_corrupt", () -> new BundleStore(file));
    }

    @Test
    void a_half_written_file_is_kept_beside_and_state_begins_anew() throws Exception {
        Files.writeString(file, "{\"bundles\":{\"east");

        assertThat(open().current().byTrustDomain()).isEmpty();

        assertThat(counters.count("bundles_corrupt")).isEqualTo(1);
        assertThat(file).doesNotExist();
        assertThat(directory.resolve("bundles.json.corrupt")).hasContent("{\"bundles\":{\"east");
    }

    @Test
    void a_missing_or_good_file_is_left_alone() throws Exception {
        open();
        Files.writeString(file, "{\"bundles\":{}}");
        open();

        assertThat(file).exists();
        assertThat(counters.snapshot()).isEmpty();
    }

    @Test
    void what_is_corrupt_anew_is_an_error_and_not_a_loop() {
        assertThatThrownBy(() -> Quarantine.open(Files.createFile(file), counters, "bundles_corrupt", () -> {
            throw new CorruptFileException(file, "always", "none");
        })).isInstanceOf(CorruptFileException.class);
    }
}
