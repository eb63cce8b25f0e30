package dev.meshctl.control.policy;

import static dev.meshctl.control.policy.RouteCompilerTest.CATALOG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.InvalidResource;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessTest {
    private static final ServiceName PAYMENTS = ServiceName.parse("payments.shop");
    private static final SpiffeId ORDERS = SpiffeId.parse("spiffe://west.mesh/ns/shop/sa/orders");
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://west.mesh/ns/front/sa/web");

    @Test
    void without_policies_every_authenticated_caller_may_call() {
        AccessDecision decision = AccessDecision.decide(access(), ORDERS, "GET", "/", 80);

        assertThat(decision.allowed()).isTrue();
        assertThat(decision.policy()).isEmpty();
    }

    @Test
    void with_an_allowing_policy_one_of_its_rules_must_match() throws Exception {
        Access access = access(policy("only-orders", "Allow", "[{from: {identities: [\"" + ORDERS + "\"]}}]"));

        assertThat(AccessDecision.decide(access, ORDERS, "GET", "/", 80).policy()).isEqualTo("shop/only-orders");
        assertThat(AccessDecision.decide(access, WEB, "GET", "/", 80)).isEqualTo(new AccessDecision(
                false, "shop/only-orders", "not allowed by any of: shop/only-orders", List.of()));
    }

    @Test
    void a_denial_goes_before_an_allowance() throws Exception {
        Access access = access(
                policy("all", "Allow", "[{}]"),
                policy("no-web", "Deny", "[{from: {namespaces: [front]}}]"),
                policy("watch", "Audit", "[{to: {paths: [/admin*]}}]"));

        assertThat(AccessDecision.decide(access, ORDERS, "GET", "/", 80).allowed()).isTrue();
        assertThat(AccessDecision.decide(access, WEB, "GET", "/admin/x?y=z", 80)).isEqualTo(
                new AccessDecision(false, "shop/no-web", "denied by policy shop/no-web", List.of("shop/watch")));
    }

    @Test
    void every_list_of_a_rule_that_is_not_empty_must_match() throws Exception {
        Access access = access(policy("p", "Allow", """
                [{from: {identities: ["spiffe://west.mesh/*"], notNamespaces: [front]}, \
                to: {methods: [GET], paths: [/pay, /list*], ports: [80]}}]"""));

        assertThat(AccessDecision.decide(access, ORDERS, "GET", "/pay", 80).allowed()).isTrue();
        assertThat(AccessDecision.decide(access, ORDERS, "GET", "/list/7", 80).allowed()).isTrue();
        assertThat(AccessDecision.decide(access, ORDERS, "GET", "/pay/7", 80).allowed()).isFalse();
        assertThat(AccessDecision.decide(access, ORDERS, "POST", "/pay", 80).allowed()).isFalse();
        assertThat(AccessDecision.decide(access, ORDERS, "GET", "/pay", 81).allowed()).isFalse();
        assertThat(AccessDecision.decide(access, WEB, "GET", "/pay", 80).allowed()).isFalse();
    }

    @Test
    void on_an_opaque_connection_a_rule_for_methods_denies_and_never_allows() throws Exception {
        Access denying = access(policy("d", "Deny", "[{to: {methods: [POST]}}]"));
        Access allowing = access(policy("a", "Allow", "[{to: {methods: [POST]}}]"));

        assertThat(AccessDecision.decide(denying, ORDERS, "", "", 80).allowed()).isFalse();
        assertThat(AccessDecision.decide(allowing, ORDERS, "", "", 80).allowed()).isFalse();
    }

    @Test
    void equal_sets_of_policies_have_equal_bytes() throws Exception {
        AccessPolicy a = policy("a", "Allow", "[{}]");
        AccessPolicy b = policy("b", "Allow", "[{from: {namespaces: [shop]}}]");

        assertThat(access(a, b).toByteString()).isEqualTo(access(b, a).toByteString());
        assertThat(access(a, b).getAllowsCount()).isEqualTo(2);
    }

    @Test
    void an_allowance_and_a_denial_that_cover_each_other_are_a_cyclic_policy() throws Exception {
        AccessPolicy allow = policy("a", "Allow", "[{from: {namespaces: [shop, front]}}]");
        AccessPolicy deny = policy("d", "Deny", "[{to: {ports: [80]}}, {from: {namespaces: [front, shop]}}]");

        assertThat(AccessCheck.check(deny, List.of(allow, deny), CATALOG)).singleElement().satisfies(finding -> {
            assertThat(finding.isError()).isTrue();
            assertThat(finding.path()).isEqualTo("spec.rules[1]");
            assertThat(finding.message()).contains("cyclic policy").contains("AccessPolicy shop/a");
        });
    }

    @Test
    void a_rule_that_never_matches_is_an_error_and_one_that_shuts_everybody_out_a_warning() throws Exception {
        AccessPolicy never = policy("n", "Allow",
                "[{from: {identities: [\"" + ORDERS + "\"], notNamespaces: [shop]}}, {from: {namespaces: [a], notNamespaces: [a]}}]");
        AccessPolicy all = policy("x", "Deny", "[{}]");

        assertThat(AccessCheck.check(never, List.of(), CATALOG)).extracting(Finding::path)
                .containsExactly("spec.rules[0].from.identities", "spec.rules[1].from.namespaces");
        assertThat(AccessCheck.check(all, List.of(), CATALOG)).singleElement().satisfies(finding -> {
            assertThat(finding.isError()).isFalse();
            assertThat(finding.message()).contains("nobody can call payments.shop");
        });
    }

    @Test
    void a_policy_for_a_service_that_is_not_there_is_a_warning_with_the_nearest_one() throws Exception {
        AccessPolicy policy = (AccessPolicy) RouteCompilerTest.parse("""
                apiVersion: meshctl.dev/v1alpha1
                kind: AccessPolicy
                metadata: {name: p, namespace: shop}
                spec: {service: paymnts, action: Allow, rules: [{to: {ports: [81]}}]}
                """);

        assertThat(AccessCheck.check(policy, List.of(), CATALOG)).extracting(Finding::message).containsExactly(
                "there is no service paymnts.shop; did you mean payments.shop?; the policy takes effect when there is one",
                "paymnts.shop has no port 81; it has 80");
    }

    private static Access access(AccessPolicy... policies) {
        return AccessCompiler.compile(PAYMENTS, List.of(policies));
    }

    private static AccessPolicy policy(String name, String action, String rules) throws InvalidResource {
        return (AccessPolicy) RouteCompilerTest.parse("""
                apiVersion: meshctl.dev/v1alpha1
                kind: AccessPolicy
                metadata: {name: %s, namespace: shop}
                spec: {service: payments, action: %s, rules: %s}
                """.formatted(name, action, rules));
    }
}
