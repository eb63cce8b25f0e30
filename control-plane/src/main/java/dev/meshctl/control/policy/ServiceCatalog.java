package dev.meshctl.control.policy;

import dev.meshctl.api.name.ServiceName;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** What checks must know of the services that exist: own and imported ones, and those of the same apply. */
public interface ServiceCatalog {
    /** Every service. */
    Collection<ServiceName> services();

    /** The versions that have a workload, here or in a linked cluster; empty for a service without any. */
    Set<String> versions(ServiceName service);

    /** The ports of a service with their names, empty for one without; none if they are not known yet. */
    Map<Integer, String> portNames(ServiceName service);

    /** The ports of a service; none if they are not known yet. */
    default Set<Integer> ports(ServiceName service) {
        return portNames(service).keySet();
    }
}
