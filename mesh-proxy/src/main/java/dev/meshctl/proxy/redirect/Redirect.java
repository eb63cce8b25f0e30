package dev.meshctl.proxy.redirect;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Sets up, verifies and removes the redirect of the network namespace that it runs in. Meant for an init container with
 * capability NET_ADMIN as user 0. Run again, it replaces what there is.
 */
public final class Redirect {
    private static final Path IPV6 = Path.of("/proc/net/if_inet6");

    private final Commands commands;
    private final boolean ipv6;

    Redirect(Commands commands, boolean ipv6) {
        this.commands = commands;
        this.ipv6 = ipv6;
    }

    /** Exit status 0 if the redirect is as asked for, 2 for wrong arguments, else 1 with one line that says why. */
    public static void main(String[] args) {
        int status = new Redirect(new SystemCommands(), Files.exists(IPV6)).run(List.of(args), System.out, System.err);
        System.exit(status);
    }

    int run(List<String> args, PrintStream out, PrintStream err) {
        RedirectOptions options;
        try {
            options = RedirectOptions.parse(args);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println(RedirectOptions.USAGE);
            return 2;
        }
        try {
            out.println(run(options));
            return 0;
        } catch (RedirectException e) {
            err.println("redirect: " + e.getMessage());
            return 1;
        }
    }

    private String run(RedirectOptions options) throws RedirectException {
        List<Family> families = ipv6 ? List.of(Family.IPV4, Family.IPV6) : List.of(Family.IPV4);
        if (options.print()) {
            return printed(options, families);
        }
        if (options.remove()) {
            for (Backend backend : present(options.choice())) {
                backend.remove(families);
            }
            return "the redirect is removed";
        }
        Backend backend = choose(options.choice());
        backend.apply(options.plan(), families);
        backend.verify(options.plan(), families);
        return "traffic goes to the proxy, by " + backend.name() + ": outbound to " + options.plan().outboundPort()
                + ", inbound to " + options.plan().inboundPort() + ", DNS to " + options.plan().dnsPort()
                + (ipv6 ? ", IPv4 and IPv6" : ", IPv4; this kernel has no IPv6");
    }

    private static String printed(RedirectOptions options, List<Family> families) {
        if (options.choice() == RedirectOptions.Choice.IPTABLES) {
            StringBuilder text = new StringBuilder();
            for (Family family : families) {
                text.append("# ").append(family.iptables()).append("-restore --noflush\n")
                        .append(new IptablesRules(options.plan()).script(family, ""));
            }
            return text.toString().strip();
        }
        return new NftRules(options.plan()).script(families).strip();
    }

    private Backend choose(RedirectOptions.Choice choice) throws RedirectException {
        List<Backend> present = present(choice);
        if (present.isEmpty()) {
            throw new RedirectException(switch (choice) {
                case AUTO -> "there is neither nft nor iptables here; install one of them in the image";
                case NFT -> "there is no nft here; install nftables in the image, or choose --backend=iptables";
                case IPTABLES -> "there is no iptables here, or no ip6tables; install them in the image, or choose --backend=nft";
            });
        }
        Backend first = present.getFirst();
        // A kernel may lack what one tool needs and have what the other does.
        if (present.size() > 1 && !commands.run("", List.of(NftBackend.COMMAND, "list", "tables")).ok()) {
            return present.getLast();
        }
        return first;
    }

    private List<Backend> present(RedirectOptions.Choice choice) {
        List<Backend> backends = new ArrayList<>();
        if (choice != RedirectOptions.Choice.IPTABLES && commands.exists(NftBackend.COMMAND)) {
            backends.add(new NftBackend(commands));
        }
        boolean iptables = commands.exists("iptables") && (!ipv6 || commands.exists("ip6tables"));
        if (choice != RedirectOptions.Choice.NFT && iptables) {
            backends.add(new IptablesBackend(commands));
        }
        return backends;
    }
}
