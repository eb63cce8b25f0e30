package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where the snapshot's content comes from. Asked on the rebuilding thread only. */
public interface SnapshotSource {
    /** Every service that is declared, hosted or imported now. */
    Set<ServiceName> services();

    /** All that is known of a service; empty if it is in none of the three. */
    Optional<ServiceInputs> service(ServiceName name);

    /** Of this cluster as a whole. A change rebuilds every host. */
    ClusterView cluster();

    /** Settings and bundles. */
    List<ConfigResource> meshWide();
}
