package dev.meshctl.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.cli.CliError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunArgumentsTest {
    @Test
    void a_port_alone_serves_port_80_of_the_service() {
        assertThat(RunArguments.port("9001", "")).isEqualTo(new RunSpec.Port(80, 9001, ""));
        assertThat(RunArguments.port("8080:9001", "http2")).isEqualTo(new RunSpec.Port(8080, 9001, "http2"));
    }

    @Test
    void an_upstream_has_an_optional_local_port_and_an_optional_port() {
        assertThat(RunArguments.upstream("db.shop")).isEqualTo(new RunSpec.UpstreamSpec(0, "db.shop", 80));
        assertThat(RunArguments.upstream("db.shop:5432")).isEqualTo(new RunSpec.UpstreamSpec(0, "db.shop", 5432));
        assertThat(RunArguments.upstream("7000:db.shop")).isEqualTo(new RunSpec.UpstreamSpec(7000, "db.shop", 80));
        assertThat(RunArguments.upstream("7000:db.shop.svc.east.mesh:5432"))
                .isEqualTo(new RunSpec.UpstreamSpec(7000, "db.shop.svc.east.mesh", 5432));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "65536", "a", "80:", ":80", "1:2:3", "-1"})
    void other_ports_are_usage_errors(String text) {
        assertThatThrownBy(() -> RunArguments.port(text, "")).isInstanceOfSatisfying(CliError.class,
                error -> assertThat(error.exitCode()).isEqualTo(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1:2:3", "db_x", "example.org.de.com", "db.shop:x", "0:db.shop"})
    void other_upstreams_are_usage_errors(String text) {
        assertThatThrownBy(() -> RunArguments.upstream(text)).isInstanceOfSatisfying(CliError.class,
                error -> assertThat(error.exitCode()).isEqualTo(2));
    }
}
