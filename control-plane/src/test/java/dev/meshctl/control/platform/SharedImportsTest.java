package dev.meshctl.control.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.control.registry.federation.ImportedService;
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

    private static ImportedService from(String cluster, ExportedPort... ports) {
        return new ImportedService(cluster, false, ExportedService.newBuilder().setName("db").setNamespace("shop").setCluster(cluster)
                .setType("Headless").addAllPorts(List.of(ports)).build());
    }

    private static ExportedPort port(int number, String name) {
        return ExportedPort.newBuilder().setNumber(number).setName(name).build();
    }

    @Test
    void an_import_is_of_one_address_and_names_each_port_once() {
        Object spec = SharedImports.object("shop/db", List.of(from("east", port(80, "http"), port(81, "")),
                from("north", port(8080, "http"), port(80, "web"), port(82, "grpc")))).getAdditionalProperties().get("spec");

        assertThat(spec).isEqualTo(Map.of("type", "ClusterSetIP", "ports", List.of(
                Map.of("name", "http", "protocol", "TCP", "port", 80), Map.of("protocol", "TCP", "port", 81),
                Map.of("name", "grpc", "protocol", "TCP", "port", 82))));
    }
}
