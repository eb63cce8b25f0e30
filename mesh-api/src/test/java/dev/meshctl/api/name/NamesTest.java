package dev.meshctl.api.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @CsvSource({
        "payments, payments.shop.svc.cluster.local",
        "payments.shop, payments.shop.svc.cluster.local",
        "Payments.Shop., payments.shop.svc.cluster.local",
        "payments.shop.svc, payments.shop.svc.cluster.local",
        "payments.shop.svc.cluster.local, payments.shop.svc.cluster.local",
        "payments.shop.svc.clusterset.local, payments.shop.svc.clusterset.local",
        "payments.shop.svc.east.mesh, payments.shop.svc.east.mesh",
    })
    void every_form_of_a_host_has_one_fully_qualified_form(String written, String qualified) {
        assertThat(MeshHost.parse(written, "shop")).map(MeshHost::toString).contains(qualified);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "a..b", "127.0.0.1", "www.example.com", "a.b.svc.other.local", "-a", "a_b", "8080", "a.b.c.d.e.f"})
    void hosts_of_the_outside_world_are_not_the_meshs(String host) {
        assertThat(MeshHost.parse(host, "shop")).isEmpty();
    }

    @Test
    void an_sni_name_is_read_back_as_it_was_written() {
        SniName plain = new SniName("", 80, ServiceName.parse("payments.shop"), "east");
        SniName versioned = new SniName("v2", 9090, ServiceName.parse("payments.shop"), "east");

        assertThat(plain).hasToString("80.payments.shop.east.mesh");
        assertThat(versioned).hasToString("v2.9090.payments.shop.east.mesh");
        assertThat(SniName.parse(plain.toString())).contains(plain);
        assertThat(SniName.parse(versioned.toString())).contains(versioned);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mesh", ".mesh", "peering.west.mesh", "0.a.b.c.mesh", "70000.a.b.c.mesh", "x.a.b.c.mesh",
        "80.a.b.mesh", "v1.80.a.b.c.d.mesh", "80.A.b.c.mesh", "80.a.b.c.mesh.evil"})
    void other_server_names_are_not_sni_names_of_services(String sni) {
        assertThat(SniName.parse(sni)).isEmpty();
    }

    @Test
    void a_service_name_says_how_it_is_written() {
        assertThatThrownBy(() -> ServiceName.parse("payments")).hasMessageContaining("NAME.NAMESPACE");
        assertThatThrownBy(() -> ServiceName.parse("a.b.c")).hasMessageContaining("NAME.NAMESPACE");
        assertThatThrownBy(() -> ServiceName.parse("Pay.shop")).hasMessageContaining("lower-case");
    }
}
