package dev.meshctl.proxy.redirect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectRulesTest {
    private static final RedirectPlan PLAN = RedirectOptions.parse(List.of(
            "--exclude-inbound-ports=15020,9000-9010", "--exclude-inbound-cidrs=192.0.2.0/24",
            "--exclude-outbound-ports=3306", "--exclude-outbound-cidrs=10.0.0.1/8,fd00::/8")).plan();

    @Test
    void nft_lets_the_proxy_and_what_is_excluded_go_before_dns_and_dns_before_loopback() {
        String script = new NftRules(PLAN).script(List.of(Family.IPV4));

        assertThat(script.replaceAll(" comment \"[^\"]*\"", "")).isEqualTo("""
                add table ip meshctl
                delete table ip meshctl
                table ip meshctl {
                  chain untracked-output {
                    type filter hook output priority -300; policy accept;
                    meta skuid 1337 udp dport 53 notrack
                  }
                  chain untracked-prerouting {
                    type filter hook prerouting priority -300; policy accept;
                    udp sport 53 notrack
                  }
                  chain output {
                    type nat hook output priority -100; policy accept;
                    meta skuid 1337 return
                    tcp dport 3306 return
                    udp dport 3306 return
                    ip daddr 10.0.0.0/8 return
                    udp dport 53 redirect to :15053
                    tcp dport 53 redirect to :15053
                    oifname "lo" return
                    ip daddr 127.0.0.0/8 return
                    meta l4proto tcp redirect to :15001
                  }
                  chain prerouting {
                    type nat hook prerouting priority -100; policy accept;
                    iifname "lo" return
                    tcp dport 15020 return
                    tcp dport 9000-9010 return
                    ip saddr 192.0.2.0/24 return
                    meta l4proto tcp redirect to :15006
                  }
                }
                """);
    }

    @Test
    void every_rule_of_a_plan_has_a_comment_of_its_own_which_no_other_plan_has() {
        List<String> comments = new NftRules(PLAN).comments(Family.IPV6);
        RedirectPlan other = RedirectOptions.parse(List.of("--proxy-uid=1338")).plan();

        assertThat(comments).doesNotHaveDuplicates().hasSize(15);
        assertThat(new NftRules(PLAN).script(List.of(Family.IPV6))).contains(comments);
        assertThat(new NftRules(other).comments(Family.IPV6)).doesNotContainAnyElementsOf(comments);
    }

    @Test
    void iptables_gets_the_same_rules_and_only_the_jumps_that_are_not_there() {
        String saved = "*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j MESHCTL_OUTPUT\nCOMMIT\n";

        assertThat(new IptablesRules(PLAN).script(Family.IPV6, saved)).isEqualTo("""
                *raw
                :MESHCTL_DNS_OUTPUT - [0:0]
                :MESHCTL_DNS_INBOUND - [0:0]
                -A MESHCTL_DNS_OUTPUT -p udp -m owner --uid-owner 1337 -m udp --dport 53 -j CT --notrack
                -A MESHCTL_DNS_INBOUND -p udp -m udp --sport 53 -j CT --notrack
                -A OUTPUT -p udp -j MESHCTL_DNS_OUTPUT
                -A PREROUTING -p udp -j MESHCTL_DNS_INBOUND
                COMMIT
                *nat
                :MESHCTL_OUTPUT - [0:0]
                :MESHCTL_INBOUND - [0:0]
                -A MESHCTL_OUTPUT -m owner --uid-owner 1337 -j RETURN
                -A MESHCTL_OUTPUT -p tcp -m tcp --dport 3306 -j RETURN
                -A MESHCTL_OUTPUT -p udp -m udp --dport 3306 -j RETURN
                -A MESHCTL_OUTPUT -d fd00::/8 -j RETURN
                -A MESHCTL_OUTPUT -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053
                -A MESHCTL_OUTPUT -p tcp -m tcp --dport 53 -j REDIRECT --to-ports 15053
                -A MESHCTL_OUTPUT -o lo -j RETURN
                -A MESHCTL_OUTPUT -d ::1/128 -j RETURN
                -A MESHCTL_OUTPUT -p tcp -j REDIRECT --to-ports 15001
                -A MESHCTL_INBOUND -i lo -j RETURN
                -A MESHCTL_INBOUND -p tcp -m tcp --dport 15020 -j RETURN
                -A MESHCTL_INBOUND -p tcp -m tcp --dport 9000:9010 -j RETURN
                -A MESHCTL_INBOUND -p tcp -j REDIRECT --to-ports 15006
                -A PREROUTING -p tcp -j MESHCTL_INBOUND
                COMMIT
                """);
    }

    @ParameterizedTest
    @CsvSource({"10.1.2.3/8, 10.0.0.0/8", "10.1.2.3, 10.1.2.3/32", "FD00:0:0::1/16, fd00::/16", "::1, ::1/128", "0.0.0.0/0, 0.0.0.0/0"})
    void a_range_is_written_canonically(String text, String canonical) {
        assertThat(IpRange.parse(text)).hasToString(canonical);
    }

    @Test
    void what_gets_into_a_rule_has_no_other_characters_than_those_of_an_address_or_a_number() {
        Random random = new Random(7);
        String alphabet = "0123456789abcdef:./-; {}\"'\n%$,";
        int ranges = 0;
        for (int i = 0; i < 200_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(1, 12); n > 0; n--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                assertThat(IpRange.parse(text.toString()).text()).matches("[0-9a-f:.]+/[0-9]+");
                ranges++;
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("\"");
            }
        }
        assertThat(ranges).isPositive();
    }
}
