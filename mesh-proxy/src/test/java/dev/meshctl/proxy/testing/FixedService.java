package dev.meshctl.proxy.testing;

import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.flow.LiveService;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.InvalidConfig;

/** A service that does not change. */
public record FixedService(CompiledService service, EndpointSet endpoints) implements LiveService {
    public static FixedService of(Service.Builder service, Endpoint.Builder endpoint) {
        try {
            return new FixedService(CompiledService.compile(SmallMesh.patient(service)), EndpointSet.compile(
                    Endpoints.newBuilder().setHost(service.getHost()).addEndpoints(endpoint).build()));
        } catch (InvalidConfig e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void touch() {}
}
