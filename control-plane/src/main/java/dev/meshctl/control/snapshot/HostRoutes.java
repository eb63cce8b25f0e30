package dev.meshctl.control.snapshot;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.config.TrafficPolicy;
import dev.meshctl.control.policy.CompiledRoutes;
import dev.meshctl.control.registry.federation.ImportedService;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The routes and the traffic policy of one host. The own routes of a service take precedence over those
 * that travel with an import; among imports those of a peer that is there go before those of one that is
 * away.
 */
record HostRoutes(CompiledRoutes routes, Optional<TrafficPolicy> policy) {
    private static final Comparator<ImportedService> PRESENT_FIRST = Comparator.comparing(ImportedService::stale);

    static HostRoutes choose(ServiceInputs service, List<ImportedService> imports) {
        List<HostRoutes> imported =
                imports.stream().sorted(PRESENT_FIRST).map(HostRoutes::of).toList();
        CompiledRoutes routes = !service.routes().isEmpty()
                ? service.routes()
                : imported.stream().map(HostRoutes::routes).filter(r -> !r.isEmpty()).findFirst().orElse(CompiledRoutes.NONE);
        Optional<TrafficPolicy> policy = service.policy()
                .or(() -> imported.stream().map(HostRoutes::policy).flatMap(Optional::stream).findFirst());
        return new HostRoutes(routes, policy);
    }

    /** What an export carries of the own routes. */
    static ByteString exported(ServiceInputs service) {
        Service.Builder message = Service.newBuilder();
        new HostRoutes(service.routes(), service.policy()).into(message);
        return message.build().toByteString();
    }

    void into(Service.Builder service) {
        service.addAllHttpRoutes(routes.http()).addAllConnectionRoutes(routes.connections());
        policy.ifPresent(service::setPolicy);
    }

    /** The import registry lets in only what parses. */
    private static HostRoutes of(ImportedService imported) {
        try {
            Service carried = Service.parseFrom(imported.service().getHttpRoutes());
            CompiledRoutes routes = new CompiledRoutes(
                    carried.getHttpRoutesList().stream().map(r -> fromThere(r, imported.peer())).toList(),
                    carried.getConnectionRoutesList().stream().map(r -> fromThere(r, imported.peer())).toList());
            return new HostRoutes(
                    routes, carried.hasPolicy() ? Optional.of(carried.getPolicy()) : Optional.empty());
        } catch (InvalidProtocolBufferException e) {
            return new HostRoutes(CompiledRoutes.NONE, Optional.empty());
        }
    }

    private static HttpRoute fromThere(HttpRoute route, String peer) {
        HttpRoute.Builder here = route.toBuilder();
        here.getBackendsBuilderList().forEach(backend -> fromThere(backend, peer));
        return here.build();
    }

    private static ConnectionRoute fromThere(ConnectionRoute route, String peer) {
        ConnectionRoute.Builder here = route.toBuilder();
        here.getBackendsBuilderList().forEach(backend -> fromThere(backend, peer));
        return here.build();
    }

    /** A backend that the exporting cluster calls its own is that cluster's here too. */
    private static void fromThere(Backend.Builder backend, String peer) {
        if (!backend.getHost().isEmpty()) {
            MeshHost.parse(backend.getHost(), "")
                    .filter(h -> h.scope().equals(HostScope.LOCAL))
                    .ifPresent(h -> backend.setHost(h.service().in(new HostScope.Cluster(peer)).toString()));
        }
    }
}
