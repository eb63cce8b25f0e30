package dev.meshctl.proxy.authorize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import org.junit.jupiter.api.Test;

class CompiledAccessTest {
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://west.mesh/ns/shop/sa/web");
    private static final SpiffeId ORDERS = SpiffeId.parse("spiffe://east.mesh/ns/shop/sa/orders");

    private static AccessRule.Builder rule(String policy) {
        return AccessRule.newBuilder().setPolicy(policy);
    }

    @Test
    void who_is_not_authenticated_matches_no_rule_about_identities_but_a_denial_of_all_others() throws Exception {
        CompiledAccess byIdentity = compile(AccessRule.newBuilder().setPolicy("shop/a").addIdentities(WEB.toString()));
        CompiledAccess allOthers = compile(AccessRule.newBuilder().setPolicy("shop/b").addNotNamespaces("shop"));
        CompiledAccess paths = compile(AccessRule.newBuilder().setPolicy("shop/c").addPaths("/public*"));
        CompiledAccess onlyWeb = CompiledAccess.compile(Access.newBuilder().addDenies(
                AccessRule.newBuilder().setPolicy("shop/d").addNotIdentities(WEB.toString())).build());
        CompiledAccess notOrders = CompiledAccess.compile(Access.newBuilder().addDenies(
                AccessRule.newBuilder().setPolicy("shop/e").addIdentities(ORDERS.toString())).build());

        assertThat(CompiledAccess.OPEN.decide(null, "GET", "/", 80).allowed()).isTrue();
        assertThat(byIdentity.decide(null, "GET", "/", 80).allowed()).isFalse();
        assertThat(allOthers.decide(null, "GET", "/", 80).allowed()).isFalse();
        assertThat(paths.decide(null, "GET", "/public", 80).allowed()).isTrue();
        assertThat(onlyWeb.decide(null, "GET", "/", 80).allowed()).isFalse();
        assertThat(notOrders.decide(null, "GET", "/", 80).allowed()).isTrue();
    }

    private static CompiledAccess compile(AccessRule.Builder allow) throws Exception {
        return CompiledAccess.compile(Access.newBuilder().addAllows(allow).build());
    }

    @Test
    void without_policies_every_caller_may_call() {
        assertThat(CompiledAccess.OPEN.decide(WEB, "GET", "/", 80).allowed()).isTrue();
    }

    @Test
    void a_denial_wins_over_an_allowance_and_is_named() throws Exception {
        CompiledAccess access = CompiledAccess.compile(Access.newBuilder()
                .addAllows(rule("shop/all"))
                .addDenies(rule("shop/no-east").addTrustDomains("east.mesh")).build());

        assertThat(access.decide(WEB, "GET", "/", 80).allowed()).isTrue();
        assertThat(access.decide(ORDERS, "GET", "/", 80))
                .isEqualTo(new Decision(false, "shop/no-east", "denied by policy shop/no-east", java.util.List.of()));
    }

    @Test
    void once_anything_is_allowed_the_rest_is_denied() throws Exception {
        CompiledAccess access = CompiledAccess.compile(Access.newBuilder()
                .addAllows(rule("shop/readers").addMethods("get").addPaths("/public/*").addPorts(80)
                        .addIdentities("spiffe://west.mesh/ns/shop/*")).build());

        assertThat(access.decide(WEB, "GET", "/public/x", 80).allowed()).isTrue();
        assertThat(access.decide(WEB, "POST", "/public/x", 80).allowed()).isFalse();
        assertThat(access.decide(WEB, "GET", "/private", 80).allowed()).isFalse();
        assertThat(access.decide(WEB, "GET", "/public/x", 81).allowed()).isFalse();
        assertThat(access.decide(ORDERS, "GET", "/public/x", 80).reason()).contains("shop/readers");
        assertThat(access.decide(WEB, null, null, 80).allowed()).as("an opaque connection has no method").isFalse();
    }

    @Test
    void a_denial_of_a_path_also_holds_for_opaque_connections() throws Exception {
        CompiledAccess access = CompiledAccess.compile(Access.newBuilder()
                .addDenies(rule("shop/no-admin").addPaths("/admin*")).build());

        assertThat(access.decide(WEB, null, null, 80).allowed()).isFalse();
        assertThat(access.decide(WEB, "GET", "/x", 80).allowed()).isTrue();
    }

    @Test
    void exceptions_and_audits_are_honoured() throws Exception {
        CompiledAccess access = CompiledAccess.compile(Access.newBuilder()
                .addDenies(rule("shop/only-web").addNotIdentities(WEB.toString()))
                .addAudits(rule("shop/seen").addNamespaces("shop")).build());

        assertThat(access.decide(WEB, "GET", "/", 80).allowed()).isTrue();
        assertThat(access.decide(ORDERS, "GET", "/", 80).allowed()).isFalse();
        assertThat(access.decide(WEB, "GET", "/", 80).audited()).containsExactly("shop/seen");
    }

    @Test
    void a_rule_without_policy_does_not_compile() {
        assertThatThrownBy(() -> CompiledAccess.compile(Access.newBuilder().addAllows(rule("")).build()))
                .hasMessageContaining("allows[0]: policy");
    }
}
