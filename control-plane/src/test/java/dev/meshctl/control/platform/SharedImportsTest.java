package dev.meshctl.control.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class SharedImportsTest {
    private static final Map<String, Object> WANTED = Map.of("type", "ClusterSetIP",
            "ports", List.of(Map.of("name", "http", "protocol", "TCP", "port", 80)));

    private static Object stored(String json) {
        return JsonMapper.shared().readValue(json, Map.class);
    }

    @Test
    void what_the_api_server_orders_and_completes_in_its_own_way_is_not_written_again() {
        assertThat(SharedImports.says(stored("""
                {"ports":[{"appProtocol":null,"name":"http","port":80,"protocol":"TCP"}],"sessionAffinity":"None","type":"ClusterSetIP"}
                """), WANTED)).isTrue();
    }

    @Test
    void another_port_one_more_and_none_at_all_are_written() {
        assertThat(SharedImports.says(stored("""
                {"ports":[{"name":"http","port":81,"protocol":"TCP"}],"type":"ClusterSetIP"}"""), WANTED)).isFalse();
        assertThat(SharedImports.says(stored("""
                {"ports":[{"name":"http","port":80,"protocol":"TCP"},{"port":81}],"type":"ClusterSetIP"}"""), WANTED)).isFalse();
        assertThat(SharedImports.says(null, WANTED)).isFalse();
    }
}
