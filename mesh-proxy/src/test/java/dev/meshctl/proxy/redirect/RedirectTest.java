package dev.meshctl.proxy.redirect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.redirect.Commands.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(FakeCommands commands, String... args) {
        return new Redirect(commands, true).run(List.of(args),
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static NftRules defaults() {
        return new NftRules(RedirectOptions.parse(List.of()).plan());
    }

    private static String listing() {
        return String.join("\n", defaults().comments(Family.IPV4).stream().map(c -> "\"" + c + "\"").toList()
                ) + String.join("\n", defaults().comments(Family.IPV6).stream().map(c -> "\"" + c + "\"").toList());
    }

    @Test
    void nft_gets_both_families_in_one_script_and_is_read_back() {
        FakeCommands commands = new FakeCommands("nft", "iptables", "ip6tables")
                .answer("nft list table ", new Outcome(0, listing(), ""));

        assertThat(run(commands, "--backend=nft")).isZero();

        assertThat(commands.calls).extracting(FakeCommands.Call::command).containsExactly(
                "nft -f -", "nft list table ip meshctl", "nft list table ip6 meshctl");
        assertThat(commands.calls.getFirst().input()).contains("table ip meshctl {").contains("table ip6 meshctl {");
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("by nft").contains("IPv4 and IPv6");
    }

    @Test
    void a_rule_that_the_kernel_lacks_afterwards_is_an_error() {
        String lost = defaults().comments(Family.IPV6).getLast();
        FakeCommands commands = new FakeCommands("nft")
                .answer("nft list table ip ", new Outcome(0, listing(), ""))
                .answer("nft list table ip6 ", new Outcome(0, listing().replace(lost, "another"), ""));

        assertThat(run(commands)).isEqualTo(1);

        assertThat(errors()).contains("lacks the rule \"" + lost + "\" of table ip6 meshctl");
    }

    @Test
    void auto_takes_iptables_where_nft_does_not_work() {
        FakeCommands commands = new FakeCommands("nft", "iptables", "ip6tables")
                .answer("nft list tables", new Outcome(1, "", "Protocol not supported"))
                .answer("iptables-save", new Outcome(0, String.join("\n", IptablesRules.JUMPS), ""))
                .answer("ip6tables-save", new Outcome(0, String.join("\n", IptablesRules.JUMPS), ""));

        assertThat(run(commands, "--backend=auto")).isZero();

        assertThat(commands.calls).extracting(FakeCommands.Call::command)
                .contains("iptables-restore -w 5 --noflush", "ip6tables-restore -w 5 --noflush");
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("by iptables");
    }

    @ParameterizedTest
    @CsvSource({"auto, neither nft nor iptables", "nft, no nft here", "iptables, no iptables here", "nftables, no nft here"})
    void without_a_tool_it_says_what_to_install(String backend, String message) {
        assertThat(run(new FakeCommands(), "--backend=" + backend)).isEqualTo(1);

        assertThat(errors()).contains(message).contains("install");
    }

    @Test
    void iptables_without_ip6tables_is_refused_because_ipv6_would_escape() {
        assertThat(run(new FakeCommands("iptables"), "--backend=iptables")).isEqualTo(1);

        assertThat(errors()).contains("no ip6tables");
    }

    @ParameterizedTest
    @CsvSource({
        "Operation not permitted, NET_ADMIN",
        "iptables v1.8.9 (legacy): can't initialize iptables table `nat': Table does not exist, load its module",
    })
    void a_refusal_of_the_kernel_says_what_usually_helps(String words, String hint) {
        FakeCommands commands = new FakeCommands("iptables", "ip6tables")
                .answer("iptables-restore", new Outcome(1, "", words));

        assertThat(run(commands)).isEqualTo(1);

        assertThat(errors()).contains("cannot set the redirect for iptables").contains(words).contains(hint);
    }

    @ParameterizedTest
    @CsvSource({
        "--proxy-uid=0, above 0", "--proxy-uid=proxy, must be a number", "--inbound-port=70000, 1 to 65535",
        "--inbound-port=15001, must differ", "--exclude-inbound-ports=80-, no port", "--exclude-inbound-ports=9-8, lower one",
        "--exclude-outbound-cidrs=10.0.0.0/33, must be 0 to 32", "--exclude-outbound-cidrs=example.com, no IP address",
        "--backend=ipfw, must be auto", "--uid=5, unknown argument", "redirect, unknown argument",
    })
    void a_wrong_argument_is_named_and_changes_nothing(String argument, String message) {
        FakeCommands commands = new FakeCommands("nft");

        assertThat(run(commands, argument)).isEqualTo(2);

        assertThat(errors()).contains(message).contains("usage: redirect");
        assertThat(commands.calls).isEmpty();
    }

    @Test
    void printing_changes_nothing() {
        FakeCommands commands = new FakeCommands("nft");

        assertThat(run(commands, "--print", "--backend=iptables")).isZero();

        assertThat(commands.calls).isEmpty();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("*nat").contains("COMMIT");
    }

    @Test
    void removing_asks_every_tool_that_is_there() {
        String saved = "*nat\n:OUTPUT ACCEPT [0:0]\n:MESHCTL_OUTPUT - [0:0]\n-A OUTPUT -j MESHCTL_OUTPUT\nCOMMIT\n";
        FakeCommands commands = new FakeCommands("nft", "iptables", "ip6tables")
                .answer("iptables-save", new Outcome(0, saved, ""));

        assertThat(run(commands, "--remove")).isZero();

        assertThat(commands.calls).extracting(FakeCommands.Call::input).contains(
                "add table ip meshctl\ndelete table ip meshctl\nadd table ip6 meshctl\ndelete table ip6 meshctl\n",
                "*nat\n-D OUTPUT -j MESHCTL_OUTPUT\n-F MESHCTL_OUTPUT\n-X MESHCTL_OUTPUT\nCOMMIT\n");
        assertThat(commands.calls).extracting(FakeCommands.Call::command).doesNotContain("ip6tables-restore -w 5 --noflush");
    }
}
