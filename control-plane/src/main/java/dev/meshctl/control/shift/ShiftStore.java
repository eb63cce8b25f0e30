package dev.meshctl.control.shift;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.store.WriteRefused;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where shifts and routes are kept. Every write is durable when the method returns. */
public interface ShiftStore {
    /** Every TrafficShift, ended ones too. */
    List<TrafficShift> shifts();

    /**
     * Stores the status of a shift; its spec and generation stay as they are.
     *
     * @param shift with the resource version that it was read with
     * @return what is stored now; empty if the shift has been changed or deleted since it was read
     * @throws IOException if nothing could be written
     */
    Optional<TrafficShift> update(TrafficShift shift) throws IOException;

    /** The routes, of any kind, that have the service as a parent. */
    List<Route> routes(ServiceName service);

    /** The versions of the service that have a workload, here or in a linked cluster. */
    Set<String> versions(ServiceName service);

    /** The HTTPRoute of that namespace and name, whatever its parents. */
    Optional<HttpRoute> route(String namespace, String name);

    /**
     * Creates the route (empty resource version) or replaces the one with its resource version.
     *
     * @return false if it has been changed, created or deleted since it was read; nothing is written then
     * @throws WriteRefused if it will not be written however often it is tried
     * @throws IOException if nothing could be written
     */
    boolean putRoute(Route route) throws IOException;
}
