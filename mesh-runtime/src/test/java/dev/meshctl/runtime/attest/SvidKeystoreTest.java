package dev.meshctl.runtime.attest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SvidKeystoreTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");

    private final Svid svid = new TestAuthority(WEST).issue(WEB, Duration.ofHours(1));

    @TempDir
    Path directory;

    @Test
    void an_svid_survives_a_restart_in_a_file_for_the_owner_only() throws IOException {
        SvidKeystore keystore = new SvidKeystore(directory.resolve("web.pem"));
        assertThat(keystore.load()).isEmpty();

        keystore.store(svid);

        assertThat(keystore.load()).hasValue(svid);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keystore.file())))
                .isEqualTo("rw-------");
    }

    @Test
    void a_half_written_file_is_an_error_that_names_it_and_never_shows_the_key() throws IOException {
        SvidKeystore keystore = new SvidKeystore(directory.resolve("web.pem"));
        keystore.store(svid);
        String whole = Files.readString(keystore.file());
        Files.writeString(keystore.file(), whole.substring(0, whole.length() / 2));

        assertThatThrownBy(keystore::load)
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(keystore.file().toString())
                .hasMessageNotContaining(key().substring(0, 24));
    }

    @Test
    void a_key_with_the_certificate_of_another_is_an_error() throws IOException {
        SvidKeystore keystore = new SvidKeystore(directory.resolve("web.pem"));
        Svid other = new TestAuthority(WEST).issue(WEB, Duration.ofHours(1));

        keystore.store(new Svid(WEB, svid.key(), other.chain()));

        assertThatThrownBy(keystore::load).hasMessageContaining("not that of its first certificate");
    }

    @Test
    void an_svid_as_text_has_no_key() {
        assertThat(svid.toString()).contains(WEB.toString()).doesNotContain(key().substring(0, 24));
    }

    private String key() {
        return Base64.getEncoder().encodeToString(svid.key().getEncoded());
    }
}
