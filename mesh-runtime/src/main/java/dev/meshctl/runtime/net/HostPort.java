package dev.meshctl.runtime.net;

import java.net.InetSocketAddress;

/**
 * A host and a port, as in {@code 127.2.0.1:15013}, {@code [::1]:80} or {@code gateway.example.org:15443}.
 *
 * @param host a name or an address; IPv6 without brackets; 1 to 255 characters
 * @param port 0 to 65535; 0 means "any" when listening
 */
public record HostPort(String host, int port) {
    public HostPort {
        if (host.isEmpty() || host.length() > 255 || host.chars().anyMatch(HostPort::notInHost)) {
            throw new IllegalArgumentException("\"" + host + "\" is not a host");
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not between 0 and 65535");
        }
    }

    /**
     * Parses {@code host:port} or {@code [ipv6]:port}.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("\"" + text + "\" is not of the form HOST:PORT");
        }
        return new HostPort(host(text, text.substring(0, colon)), port(text, text.substring(colon + 1)));
    }

    /** The form of an address that a socket is bound to or connected with. */
    public static HostPort of(InetSocketAddress address) {
        String host = address.isUnresolved() ? address.getHostString() : address.getAddress().getHostAddress();
        return new HostPort(host, address.getPort());
    }

    /** Resolves the host; the address is unresolved when that fails. May block on DNS when the host is a name. */
    public InetSocketAddress toSocketAddress() {
        return new InetSocketAddress(host, port);
    }

    private static String host(String text, String host) {
        if (host.startsWith("[") && host.endsWith("]")) {
            return host.substring(1, host.length() - 1);
        }
        if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("\"" + text + "\": an IPv6 address needs brackets, as in [::1]:80");
        }
        return host;
    }

    private static int port(String text, String port) {
        if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("\"" + text + "\" has no port between 0 and 65535");
        }
        return Integer.parseInt(port);
    }

    private static boolean notInHost(int c) {
        return c <= ' ' || c >= 127 || c == '/' || c == '[' || c == ']' || c == '@' || c == '"';
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
