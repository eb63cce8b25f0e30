package dev.meshctl.control.registry;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import java.util.List;
import java.util.Set;

/** The workloads of this cluster that the mesh may call. Reading never waits for what others tell. */
public interface WorkloadRegistry {
    /** The services that have workloads. */
    Set<ServiceName> services();

    /** The workloads behind a service. */
    List<HostedWorkload> of(ServiceName service);

    /** Virtual addresses of the service, IP literals: a connection to one of them is for the service. */
    default List<String> virtualAddresses(ServiceName service) {
        return List.of();
    }

    /** True for a service that is meant to be called by the addresses of its workloads, and so has none of its own. */
    default boolean headless(ServiceName service) {
        return false;
    }

    /** All nodes, by name. */
    List<NodeView> nodes();
}
