package dev.meshctl.control.federation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayAddressesTest {
    private static final HostPort GATEWAY = new HostPort("127.1.0.3", 15443);

    @TempDir
    Path directory;

    private final Counters counters = new Counters();
    private Path file;

    @BeforeEach
    void place() {
        file = directory.resolve("gateway-addresses");
    }

    private GatewayAddresses open() throws IOException {
        return new GatewayAddresses(file, counters);
    }

    @Test
    void what_the_gateway_said_last_is_known_after_a_restart() throws Exception {
        assertThat(open().update(List.of(GATEWAY.toString(), "nonsense"))).isTrue();

        GatewayAddresses addresses = open();

        assertThat(addresses.all()).containsExactly(GATEWAY);
        assertThat(addresses.literal()).contains(GATEWAY);
        assertThat(addresses.update(List.of(GATEWAY.toString()))).as("nothing new").isFalse();
        assertThat(counters.count("gateway_address_invalid")).isEqualTo(1);
    }

    @Test
    void what_the_platform_has_counts_more_than_what_a_gateway_said() throws Exception {
        GatewayAddresses addresses = open();
        addresses.update(List.of("0.0.0.1:1"));
        GatewayReach reach = new GatewayReach(List.of(new HostPort("gw.example.org", 15443)), Optional.of(GATEWAY), "");

        assertThat(addresses.know(Optional.of(reach))).isTrue();
        assertThat(addresses.know(Optional.of(reach))).as("nothing new").isFalse();
        assertThat(addresses.update(List.of("0.0.0.2:1"))).as("of no consequence").isFalse();

        assertThat(addresses.all()).containsExactly(new HostPort("gw.example.org", 15443));
        assertThat(addresses.told()).isEqualTo(addresses.all());
        assertThat(addresses.literal()).contains(GATEWAY);
    }

    @Test
    void a_file_that_cannot_be_understood_is_no_obstacle() throws Exception {
        Files.writeString(file, "x".repeat(9000));

        assertThat(open().all()).isEmpty();
        assertThat(counters.count("gateway_addresses_corrupt")).isEqualTo(1);
        assertThat(directory.resolve("gateway-addresses.corrupt")).exists();
    }

    @Test
    void on_a_full_disk_the_addresses_are_used_and_counted() throws Exception {
        GatewayAddresses addresses = open();
        // A directory in the place of the file fails its write, as a full disk would.
        Files.createDirectories(file.resolve("full"));

        assertThat(addresses.update(List.of(GATEWAY.toString()))).isTrue();

        assertThat(addresses.all()).containsExactly(GATEWAY);
        assertThat(counters.count("gateway_addresses_not_stored")).isEqualTo(1);
    }
}
