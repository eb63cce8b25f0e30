package dev.meshctl.api.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
    @Test
    void an_identity_is_read_back_as_it_was_written() {
        SpiffeId id = new SpiffeId(new TrustDomain("east.mesh"), "shop", "payments");

        assertThat(id).hasToString("spiffe://east.mesh/ns/shop/sa/payments");
        assertThat(SpiffeId.parse(id.toString())).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "https://east.mesh/ns/a/sa/b", "spiffe://east.mesh", "spiffe://east.mesh/ns/a/sa/b/",
        "spiffe://EAST/ns/a/sa/b", "spiffe://east.mesh/ns//sa/b", "spiffe://east.mesh/ns/../sa/b",
        "spiffe://east.mesh:1/ns/a/sa/b", "spiffe://u@east.mesh/ns/a/sa/b", "spiffe://east.mesh/ns/a/sa/b?q"})
    void what_is_not_a_workload_identity_is_refused(String text) {
        assertThatThrownBy(() -> SpiffeId.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_meshs_own_parts_are_told_by_namespace_and_account() {
        SpiffeId gateway = SpiffeId.of(new TrustDomain("west.mesh"), SystemIdentity.FEDERATION_GATEWAY);

        assertThat(gateway.is(SystemIdentity.FEDERATION_GATEWAY)).isTrue();
        assertThat(gateway.is(SystemIdentity.ADMIN)).isFalse();
        assertThat(new SpiffeId(new TrustDomain("west.mesh"), "shop", "admin").is(SystemIdentity.ADMIN)).isFalse();
    }
}
