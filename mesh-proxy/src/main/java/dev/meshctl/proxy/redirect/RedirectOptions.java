package dev.meshctl.proxy.redirect;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The arguments of {@code redirect}.
 *
 * @param choice of the tool
 * @param remove take the redirect away instead
 * @param print write the rules, and change nothing
 */
record RedirectOptions(RedirectPlan plan, Choice choice, boolean remove, boolean print) {
    static final String USAGE = """
            usage: redirect [--remove] [--print] [--backend=auto|nft|iptables]
                            [--proxy-uid=1337] [--inbound-port=15006] [--outbound-port=15001] [--dns-port=15053]
                            [--exclude-inbound-ports=PORTS] [--exclude-inbound-cidrs=CIDRS]
                            [--exclude-outbound-ports=PORTS] [--exclude-outbound-cidrs=CIDRS]
            PORTS are ports and ranges, as 3306,9000-9010; CIDRS are as 10.0.0.0/8,fd00::/8.""";

    /** The tool to use; auto takes nft where it works, else iptables. */
    enum Choice {
        AUTO, NFT, IPTABLES
    }

    private static final List<String> NAMES = List.of("backend", "proxy-uid", "inbound-port", "outbound-port", "dns-port",
            "exclude-inbound-ports", "exclude-inbound-cidrs", "exclude-outbound-ports", "exclude-outbound-cidrs");

    /**
     * Reads the arguments.
     *
     * @throws IllegalArgumentException names the argument and what is wrong with it
     */
    static RedirectOptions parse(List<String> args) {
        Map<String, String> values = new HashMap<>();
        boolean remove = false;
        boolean print = false;
        for (String arg : args) {
            int sign = arg.indexOf('=');
            String name = arg.startsWith("--") && sign > 0 ? arg.substring(2, sign) : "";
            if (arg.equals("--remove")) {
                remove = true;
            } else if (arg.equals("--print")) {
                print = true;
            } else if (!NAMES.contains(name)) {
                throw new IllegalArgumentException("unknown argument " + arg);
            } else if (values.put(name, arg.substring(sign + 1)) != null) {
                throw new IllegalArgumentException("--" + name + " is there twice");
            }
        }
        return new RedirectOptions(plan(values), choice(values.getOrDefault("backend", "auto")), remove, print);
    }

    private static RedirectPlan plan(Map<String, String> values) {
        return new RedirectPlan(
                number(values, "proxy-uid", 1337),
                number(values, "inbound-port", 15006),
                number(values, "outbound-port", 15001),
                number(values, "dns-port", 15053),
                excluded(values, "inbound"),
                excluded(values, "outbound"));
    }

    private static RedirectPlan.Excluded excluded(Map<String, String> values, String direction) {
        return new RedirectPlan.Excluded(
                list(values, "exclude-" + direction + "-ports", PortRange::parse),
                list(values, "exclude-" + direction + "-cidrs", IpRange::parse));
    }

    private static <T> List<T> list(Map<String, String> values, String name, Function<String, T> item) {
        try {
            return Arrays.stream(values.getOrDefault(name, "").split(",", -1))
                    .map(String::strip).filter(text -> !text.isEmpty()).map(item).toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--" + name + ": " + e.getMessage(), e);
        }
    }

    private static int number(Map<String, String> values, String name, int otherwise) {
        String text = values.get(name);
        try {
            return text == null ? otherwise : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + " must be a number, not \"" + text + "\"", e);
        }
    }

    private static Choice choice(String word) {
        return switch (word) {
            case "auto" -> Choice.AUTO;
            case "nft", "nftables" -> Choice.NFT;
            case "iptables" -> Choice.IPTABLES;
            default -> throw new IllegalArgumentException("--backend must be auto, nft or iptables, not \"" + word + "\"");
        };
    }
}
