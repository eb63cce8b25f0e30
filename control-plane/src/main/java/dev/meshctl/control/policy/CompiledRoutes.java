package dev.meshctl.control.policy;

import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.HttpRoute;
import java.util.List;

/**
 * The routes of one service as proxies get them, each list in the order in which they are tried.
 *
 * @param http for requests, of HTTPRoutes and GRPCRoutes; and of TCPRoutes, so that a client of the HTTP proxy, whose
 *     connection is not for one service alone, has the same shares for each request
 * @param connections for connections, of TLSRoutes and TCPRoutes
 */
public record CompiledRoutes(List<HttpRoute> http, List<ConnectionRoute> connections) {
    public static final CompiledRoutes NONE = new CompiledRoutes(List.of(), List.of());

    public CompiledRoutes {
        http = List.copyOf(http);
        connections = List.copyOf(connections);
    }

    public boolean isEmpty() {
        return http.isEmpty() && connections.isEmpty();
    }
}
