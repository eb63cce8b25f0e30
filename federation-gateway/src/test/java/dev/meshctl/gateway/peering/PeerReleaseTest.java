package dev.meshctl.gateway.peering;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.runtime.daemon.Counters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerReleaseTest {
    private final Counters counters = new Counters();

    private PeerRelease read(Hello hello) {
        return PeerRelease.of(hello, "east", counters);
    }

    @Test
    void a_version_is_told_as_it_was_said() {
        assertThat(read(Hello.newBuilder().setMeshVersion("v1.4.2-rc.1").setProtocolLevel(3).build()))
                .isEqualTo(new PeerRelease("v1.4.2-rc.1", 3));
        assertThat(counters.snapshot()).isEmpty();
    }

    @Test
    void a_hello_of_four_fields_as_older_gateways_write_it_says_no_version() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeString(1, "east");
        out.writeString(2, "epoch");
        out.writeString(4, "digest");
        out.flush();

        assertThat(read(Hello.parseFrom(bytes.toByteArray()))).isEqualTo(PeerRelease.UNKNOWN);
        assertThat(counters.count("peer_version_not_told")).isEqualTo(1);
    }

    @Test
    void an_older_gateway_finds_its_four_fields_where_they_were() throws IOException {
        Hello hello = Hello.newBuilder().setCluster("east").setEpoch("epoch").setKnownBundleDigest("digest")
                .setMeshVersion("1.4.0").setProtocolLevel(PeerRelease.PROTOCOL_LEVEL).build();
        CodedInputStream in = CodedInputStream.newInstance(hello.toByteArray());

        assertThat(in.readTag() >>> 3).isEqualTo(1);
        assertThat(in.readString()).isEqualTo("east");
        assertThat(in.readTag() >>> 3).isEqualTo(2);
        assertThat(in.readString()).isEqualTo("epoch");
        assertThat(in.readTag() >>> 3).isEqualTo(4);
        assertThat(in.readString()).isEqualTo("digest");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "1.4.0\u001b[2J", "1.4.0\n1.5.0", "\u202e0.4.1", "1.4.0; rm -rf /", " "})
    void anything_else_is_counted_and_taken_for_unknown(String said) {
        assertThat(read(Hello.newBuilder().setMeshVersion(said).build())).isEqualTo(PeerRelease.UNKNOWN);
        assertThat(counters.count("peer_version_invalid")).isEqualTo(1);
    }

    @Test
    void what_is_too_long_is_not_a_version_however_it_begins() {
        assertThat(read(Hello.newBuilder().setMeshVersion("1.4." + "0".repeat(1_000_000)).build())).isEqualTo(PeerRelease.UNKNOWN);
        assertThat(counters.count("peer_version_invalid")).isEqualTo(1);
    }

    @Test
    void a_level_beyond_any_is_none() {
        assertThat(read(Hello.newBuilder().setMeshVersion("1.4.0").setProtocolLevel(-1).build()).protocolLevel()).isZero();
    }
}
