package dev.meshctl.proxy.host;

import dev.meshctl.runtime.net.HostPort;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a workload's listeners were, so that they are there again after the proxy has restarted: the application
 * was told once and cannot be told again. One {@code name=ip:port} a line.
 */
record LastAddresses(Map<String, HostPort> byListener) {
    static final String OUTBOUND = "outbound";
    static final String INBOUND = "inbound";
    static final int MAX_BYTES = 16 * 1024;

    LastAddresses {
        byListener = Map.copyOf(byListener);
    }

    static LastAddresses of(Workload workload) {
        Map<String, HostPort> addresses = new TreeMap<>();
        addresses.put(OUTBOUND, HostPort.of(workload.outboundAddress()));
        workload.inboundAddress().ifPresent(at -> addresses.put(INBOUND, HostPort.of(at)));
        workload.upstreams().forEach(up -> addresses.put(upstream(up.host(), up.port()), HostPort.of(up.address())));
        return new LastAddresses(addresses);
    }

    static String upstream(String host, int port) {
        return "upstream " + host + ":" + port;
    }

    /** Empty if the bytes are something else. */
    static Optional<LastAddresses> parse(byte[] file) {
        Map<String, HostPort> addresses = new TreeMap<>();
        try {
            for (String line : new String(file, StandardCharsets.UTF_8).lines().toList()) {
                int equals = line.indexOf('=');
                if (equals < 0) {
                    return Optional.empty();
                }
                addresses.put(line.substring(0, equals), HostPort.parse(line.substring(equals + 1)));
            }
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        return addresses.containsKey(OUTBOUND) ? Optional.of(new LastAddresses(addresses)) : Optional.empty();
    }

    byte[] write() {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(byListener).forEach((name, at) -> lines.append(name).append('=').append(at).append('\n'));
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The address of the outbound listener, which is that of all of them. */
    String host() {
        return byListener.getOrDefault(OUTBOUND, new HostPort("127.0.0.1", 0)).host();
    }

    /** The port of a listener; 0 if it was not there. */
    int port(String listener) {
        HostPort at = byListener.get(listener);
        return at == null ? 0 : at.port();
    }
}
