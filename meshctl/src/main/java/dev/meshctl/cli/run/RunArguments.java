package dev.meshctl.cli.run;

import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.cli.CliError;
import java.util.List;

/** Ports and upstreams as they are typed. */
public final class RunArguments {
    private static final int DEFAULT_PORT = 80;
    private static final List<String> PROTOCOLS = List.of("", "http1", "http2", "tcp");

    private RunArguments() {}

    /** {@code 9001} or {@code 80:9001}. */
    public static RunSpec.Port port(String text, String protocol) {
        if (!PROTOCOLS.contains(protocol)) {
            throw CliError.usage("--protocol must be http1, http2 or tcp, not \"" + protocol + "\"");
        }
        int colon = text.indexOf(':');
        int service = colon < 0 ? DEFAULT_PORT : number(text.substring(0, colon), "--port", text);
        return new RunSpec.Port(service, number(text.substring(colon + 1), "--port", text), protocol);
    }

    /** {@code host}, {@code host:port}, {@code local:host} or {@code local:host:port}. */
    public static RunSpec.UpstreamSpec upstream(String text) {
        String[] parts = text.split(":", -1);
        boolean local = parts.length > 1 && parts[0].matches("\\d+");
        int hostAt = local ? 1 : 0;
        boolean port = parts.length == hostAt + 2;
        if (parts.length > hostAt + 2 || MeshHost.parse(parts[hostAt], "default").isEmpty()) {
            throw CliError.usage("--upstream \"" + text + "\" is not [LOCAL:]HOST[:PORT]")
                    .next("write a host of the mesh, as in 5432:db.shop:5432 or payments.shop");
        }
        return new RunSpec.UpstreamSpec(local ? number(parts[0], "--upstream", text) : 0, parts[hostAt],
                port ? number(parts[hostAt + 1], "--upstream", text) : DEFAULT_PORT);
    }

    /** A version, which may be empty. */
    public static String version(String text) {
        if (!text.isEmpty() && !DnsLabel.isValid(text)) {
            throw CliError.usage("--version \"" + text + "\" must be 1 to 63 lower-case letters, digits or inner hyphens");
        }
        return text;
    }

    private static int number(String text, String option, String whole) {
        if (text.matches("\\d{1,5}")) {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        }
        throw CliError.usage(option + " \"" + whole + "\": \"" + text + "\" is not a port from 1 to 65535");
    }
}
