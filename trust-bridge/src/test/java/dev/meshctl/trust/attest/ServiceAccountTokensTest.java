package dev.meshctl.trust.attest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import dev.meshctl.trust.attest.TokenReviews.Review;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceAccountTokensTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");
    private static final String AUDIENCE = "meshctl.dev/trust-bridge";
    private static final String TOKEN = "aaa.bbb.ccc";
    private static final Map<String, List<String>> POD = Map.of(
            "authentication.kubernetes.io/pod-name", List.of("web-7d9"),
            "authentication.kubernetes.io/pod-uid", List.of("5be3"));

    @Test
    void a_pods_token_gives_the_identity_of_its_account_and_no_other() {
        assertThatCode(() -> attest(review("shop", "web", POD), WEB)).doesNotThrowAnyException();

        Refusal refusal = refusal(review("shop", "orders", POD), WEB);

        assertThat(refusal.cause()).isEqualTo("token_for_other_identity");
        assertThat(refusal.kind()).isEqualTo(Kind.DENIED);
        assertThat(refusal).hasMessageContaining("ns/shop/sa/orders").hasMessageContaining("ns/shop/sa/web");
    }

    @ParameterizedTest
    @EnumSource(names = {"TRUST_BRIDGE", "CONTROL_PLANE", "FEDERATION_GATEWAY"})
    void accounts_of_the_mesh_namespace_give_the_identities_of_the_parts(SystemIdentity part) {
        Review review = review("mesh-system", part.serviceAccount(), POD);

        assertThatCode(() -> attest(review, SpiffeId.of(WEST, part))).doesNotThrowAnyException();
        assertThat(refusal(review, new SpiffeId(WEST, "mesh-system", part.serviceAccount())).cause())
                .isEqualTo("token_for_other_identity");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trust-bridge", "control-plane", "federation-gateway", "mesh-proxy", "probe", "admin",
        "meshctl-admin", "web"})
    void no_account_of_a_namespace_named_like_the_identities_gives_any(String account) {
        Review review = review(SpiffeId.SYSTEM_NAMESPACE, account, POD);

        Refusal refusal = refusal(review, new SpiffeId(WEST, SpiffeId.SYSTEM_NAMESPACE, account));

        assertThat(refusal.cause()).isEqualTo("namespace_reserved");
        assertThat(refusal).hasMessageContaining("mesh-system");
    }

    @ParameterizedTest
    @CsvSource({"shop, control-plane", "shop, meshctl-admin", "mesh-system2, control-plane", "mesh-system, admin",
        "mesh-system, mesh-proxy"})
    void an_account_with_the_name_of_a_part_elsewhere_gives_no_part(String namespace, String account) {
        for (SystemIdentity part : SystemIdentity.values()) {
            assertThat(refusal(review(namespace, account, POD), SpiffeId.of(WEST, part)).cause())
                    .isEqualTo("token_for_other_identity");
        }
    }

    @Test
    void only_the_administrators_token_need_not_be_bound_to_a_pod() {
        assertThatCode(() -> attest(review("mesh-system", "meshctl-admin", Map.of()), SpiffeId.of(WEST, SystemIdentity.ADMIN)))
                .doesNotThrowAnyException();
        assertThat(refusal(review("shop", "web", Map.of()), WEB).cause()).isEqualTo("token_without_pod");
        assertThat(refusal(review("shop", "meshctl-admin", Map.of()), WEB).cause()).isEqualTo("token_without_pod");
        assertThat(refusal(review("mesh-system", "control-plane", Map.of()),
                SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE)).cause()).isEqualTo("token_without_pod");
    }

    @Test
    void a_pods_name_without_its_uid_is_not_enough() {
        Map<String, List<String>> name = Map.of("authentication.kubernetes.io/pod-name", List.of("web-7d9"));
        Map<String, List<String>> empty = Map.of("authentication.kubernetes.io/pod-name", List.of("web-7d9"),
                "authentication.kubernetes.io/pod-uid", List.of(""));

        assertThat(refusal(review("shop", "web", name), WEB).cause()).isEqualTo("token_without_pod");
        assertThat(refusal(review("shop", "web", empty), WEB).cause()).isEqualTo("token_without_pod");
    }

    @Test
    void a_token_that_the_cluster_does_not_know_is_refused_with_its_reason() {
        Refusal refusal = refusal(new Review(false, "token has expired", "", Set.of(), Map.of()), WEB);

        assertThat(refusal.cause()).isEqualTo("token_not_authenticated");
        assertThat(refusal).hasMessageContaining("token has expired");
    }

    @Test
    void a_token_for_another_audience_or_of_an_api_server_without_audiences_is_refused() {
        Review none = new Review(true, "", "system:serviceaccount:shop:web", Set.of(), POD);
        Review other = new Review(true, "", "system:serviceaccount:shop:web", Set.of("https://kubernetes.default.svc"), POD);

        assertThat(refusal(none, WEB).cause()).isEqualTo("token_for_other_audience");
        assertThat(refusal(other, WEB).cause()).isEqualTo("token_for_other_audience");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "jane", "system:node:node-1", "system:serviceaccount:shop", "system:serviceaccount:shop:web:x",
        "system:serviceaccount:sh/op:web", "x:system:serviceaccount:shop:web"})
    void a_user_that_is_no_service_account_is_refused(String user) {
        assertThat(refusal(new Review(true, "", user, Set.of(AUDIENCE), POD), WEB).cause())
                .isEqualTo("token_of_no_service_account");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mjt_abc", "a.b", "a.b.c.d", "a.b.c\n", "a..c"})
    void what_is_no_token_is_refused_without_asking(String text) {
        AtomicInteger asked = new AtomicInteger();
        ServiceAccountTokens tokens = new ServiceAccountTokens(WEST, "mesh-system", AUDIENCE, (token, audience) -> {
            asked.incrementAndGet();
            return review("shop", "web", POD);
        });

        Refusal refusal = catchThrowableOfType(Refusal.class, () -> tokens.attest(text, WEB));
        Refusal tooLong = catchThrowableOfType(
                Refusal.class, () -> tokens.attest("a.b." + "c".repeat(16 * 1024), WEB));

        assertThat(refusal.cause()).isEqualTo("token_malformed");
        assertThat(tooLong.cause()).isEqualTo("token_malformed");
        assertThat(asked).hasValue(0);
    }

    private static Review review(String namespace, String account, Map<String, List<String>> extra) {
        return new Review(true, "", "system:serviceaccount:" + namespace + ":" + account, Set.of(AUDIENCE), extra);
    }

    private static void attest(Review review, SpiffeId id) throws Refusal {
        new ServiceAccountTokens(WEST, "mesh-system", AUDIENCE, (token, audience) -> {
            assertThat(token).isEqualTo(TOKEN);
            assertThat(audience).isEqualTo(AUDIENCE);
            return review;
        }).attest(TOKEN, id);
    }

    private static Refusal refusal(Review review, SpiffeId id) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> attest(review, id));
        assertThat(refusal).as("refused").isNotNull();
        return refusal;
    }
}
