package dev.meshctl.proxy.route;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules for connections to one port. An exact server name goes before one with a wildcard, a longer name before a
 * shorter one; of rules for the same name the first counts. Immutable.
 */
public final class ConnectionTable {
    private final Map<String, CompiledConnection> exact = new HashMap<>();
    /** By what follows the star, dot included. */
    private final Map<String, CompiledConnection> suffixes = new HashMap<>();
    private @Nullable CompiledConnection anyTls;
    private @Nullable CompiledConnection anything;

    ConnectionTable(List<CompiledConnection> routes) {
        for (CompiledConnection route : routes) {
            for (String name : route.serverNames()) {
                if (name.startsWith("*")) {
                    suffixes.putIfAbsent(name.substring(1), route);
                } else {
                    exact.putIfAbsent(name, route);
                }
            }
            if (!route.tls() && anything == null) {
                anything = route;
            } else if (route.tls() && route.serverNames().isEmpty() && anyTls == null) {
                anyTls = route;
            }
        }
    }

    /** True if the ClientHello must be seen before it is known where a connection goes. */
    public boolean asksForServerName() {
        return !exact.isEmpty() || !suffixes.isEmpty() || anyTls != null;
    }

    /**
     * The rule that takes a connection, or null.
     *
     * @param serverName in lower case; empty: TLS without a name; null: not TLS, or not looked at
     */
    public @Nullable CompiledConnection choose(@Nullable String serverName) {
        CompiledConnection chosen = serverName == null ? null : byName(serverName);
        return chosen == null ? anything : chosen;
    }

    private @Nullable CompiledConnection byName(String serverName) {
        CompiledConnection named = exact.get(serverName);
        // From the longest suffix that may have a wildcard to the shortest.
        for (int dot = serverName.indexOf('.', 1); named == null && dot > 0; dot = serverName.indexOf('.', dot + 1)) {
            named = suffixes.get(serverName.substring(dot));
        }
        return named == null ? anyTls : named;
    }
}
