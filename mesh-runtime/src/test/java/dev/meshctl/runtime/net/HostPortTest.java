package dev.meshctl.runtime.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
    @ParameterizedTest
    @ValueSource(strings = {"127.2.0.1:15013", "[::1]:80", "gateway.example.org:0", "localhost:65535"})
    void a_host_and_port_come_back_as_they_were_written(String text) {
        assertThat(HostPort.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", ":80", "host", "host:", "host:-1", "host:65536", "host:8o", "::1:80", "[::1]", "a b:80", "h/x:80",
        "host:000080", "[]:80"
    })
    void what_is_no_host_and_port_is_refused(String text) {
        assertThatThrownBy(() -> HostPort.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
