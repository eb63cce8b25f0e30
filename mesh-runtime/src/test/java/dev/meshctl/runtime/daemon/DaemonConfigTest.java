package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DaemonConfigTest {
    private static final String GOOD = """
            {"cluster": "west", "trustDomain": "west.mesh", "node": "n1", "dataDir": "/d",
             "listen": {"api": "127.2.0.2:15012"}, "bundle": "/b", "tokens": "/t", "options": {"zone": "a"}}""";

    @TempDir
    Path directory;

    @Test
    void a_configuration_comes_back_as_it_was_written() throws IOException, ConfigException {
        Path file = directory.resolve("config.json");
        DaemonConfig config = new DaemonConfig(
                "west", new TrustDomain("west.mesh"), "node-1", directory, Map.of("api", "127.0.0.1:0"),
                HostPort.parse("127.2.0.1:15013"), null, directory.resolve("bundle.json"),
                directory.resolve("tokens"), Map.of("region", "r1"));

        config.write(file);

        assertThat(DaemonConfig.read(file)).isEqualTo(config);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"cluster\": \"west\",  | | \"cluster\" is missing",
        "\"cluster\": \"west\"   | \"cluster\": 1 | \"cluster\": must be a string",
        "\"trustDomain\": \"west.mesh\" | \"trustDomain\": \"West!\" | \"trustDomain\"",
        "\"node\"                | \"nodes\" | unknown field \"nodes\"",
        "127.2.0.2:15012         | 127.2.0.2 | \"listen.api\"",
        "127.2.0.2:15012         | 127.2.0.2:70000 | \"listen.api\"",
        "\"zone\": \"a\"         | \"zone\": true | \"options.zone\" must be a string",
        "\"zone\": \"a\"}}       | \"zone\": | is not JSON"
    })
    void a_wrong_field_is_named_together_with_the_file(String from, String to, String message) throws IOException {
        String wrong = GOOD.replace(from.strip(), to == null ? "" : to.strip());
        assertThat(wrong).isNotEqualTo(GOOD);
        Path file = Files.writeString(directory.resolve("config.json"), wrong);

        assertThatThrownBy(() -> DaemonConfig.read(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void a_missing_file_and_a_missing_listener_are_named() throws IOException, ConfigException {
        Path file = Files.writeString(directory.resolve("config.json"), GOOD);
        DaemonConfig config = DaemonConfig.read(file);

        assertThat(config.listenAddress("api").getPort()).isEqualTo(15012);
        assertThatThrownBy(() -> config.listenAddress("metrics")).hasMessageContaining("listen.metrics");
        assertThatThrownBy(() -> DaemonConfig.read(directory.resolve("none.json"))).hasMessageContaining("none.json");
    }

    @Test
    void a_token_is_given_once_and_gone_from_the_disk() throws IOException {
        Path file = Files.writeString(directory.resolve("web.token"), "secret\n");
        Tokens tokens = new Tokens(directory, "web");

        assertThat(tokens.get()).hasValue("secret");
        assertThat(file).doesNotExist();
        assertThat(tokens.get()).isEmpty();
    }

    @Test
    void causes_beyond_the_bound_are_counted_as_other() {
        Counters counters = new Counters();

        for (int i = 0; i < Counters.MAX_NAMES + 10; i++) {
            counters.increment("cause-" + i);
        }

        assertThat(counters.snapshot()).hasSize(Counters.MAX_NAMES + 1).containsEntry("other", 10L);
    }
}
