package dev.meshctl.cli.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostedWorkloadsTest {
    private static final Cluster WEST = new Cluster("west", TrustDomain.ofCluster("west"),
            new Place.Local("127.9", Map.of(), "", ""), Path.of("/nowhere"));

    private final HostedWorkloads workloads = new HostedWorkloads(WEST, Stream.of(
            workload("payments-v1-abc", "payments", "shop"), workload("payments-v2-def", "payments", "shop"),
            workload("web-xyz", "web", "shop"), workload("web-123", "web", "blog")).toList());

    private static HostedWorkload workload(String name, String service, String namespace) {
        return HostedWorkload.newBuilder().setId(name + "." + namespace).setService(service).setNamespace(namespace)
                .setSpiffeId("spiffe://west.mesh/ns/" + namespace + "/sa/" + service).build();
    }

    @ParameterizedTest
    @CsvSource({
        "payments-v1-abc.shop, payments-v1-abc.shop",
        "shop/payments-v1-abc, payments-v1-abc.shop",
        "payments-v1, payments-v1-abc.shop",
        "shop/payments-v2, payments-v2-def.shop",
        "blog/web, web-123.blog",
        "web.blog, web-123.blog"
    })
    void a_workload_is_named_in_full_or_by_as_much_as_is_unique(String typed, String found) {
        assertThat(find(typed)).containsExactly(found);
    }

    @ParameterizedTest
    @CsvSource({"payments, 2", "payments.shop, 2", "shop/payments, 2", "web, 2", "web.shop, 1"})
    void a_service_means_all_of_its_workloads(String typed, int count) {
        assertThat(find(typed)).hasSize(count);
    }

    @Test
    void a_beginning_of_several_names_lists_them() {
        assertThatThrownBy(() -> find("payments-")).isInstanceOfSatisfying(CliError.class, error ->
                assertThat(error.why()).isEqualTo("payments-v1-abc.shop, payments-v2-def.shop"));
    }

    @Test
    void a_name_that_nothing_has_gets_the_nearest() {
        assertThatThrownBy(() -> find("shop/paymets")).isInstanceOfSatisfying(CliError.class, error -> {
            assertThat(error.what()).contains("\"shop/paymets\"");
            assertThat(error.where()).isEqualTo("cluster west, namespace shop");
            assertThat(error.why()).startsWith("nearest: payments-v1-abc.shop");
        });
    }

    private List<String> find(String typed) {
        return workloads.find(WantedName.parse(typed, "")).stream().map(ProxyRef::name).toList();
    }
}
