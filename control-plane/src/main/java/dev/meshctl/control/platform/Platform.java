package dev.meshctl.control.platform;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.control.federation.LinkRecords;
import dev.meshctl.control.policy.ServiceCatalog;
import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.BindableService;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Where a control plane's resources and workloads come from, and who of several replicas writes. */
public interface Platform extends AutoCloseable {
    ResourceStore store();

    WorkloadRegistry workloads();

    /** The WorkloadRegistry service that proxies report to. */
    BindableService reports();

    /** True for the identities that proxies have. */
    boolean isProxy(SpiffeId peer);

    /** True while this replica may write: carry out shifts, make links, speak with gateways. */
    boolean leads();

    /** Adds who is told when this replica begins or ceases to lead. */
    void onLeadership(Consumer<Boolean> listener);

    /** Why this replica may not write, and which one may; empty while it leads. */
    Optional<String> notLeading();

    /**
     * Begins what goes on by itself, when the rest of the control plane stands.
     *
     * @throws IOException if an address is in use
     */
    void begin(Mesh mesh) throws IOException;

    /** Where the gateway of this cluster is; empty if the gateway knows that best. */
    Optional<GatewayReach> gateway();

    /** Where links keep their records; empty: in files of their own. */
    Optional<LinkRecords> linkRecords();

    /** Where the other replicas of the control plane serve. */
    Set<HostPort> replicas();

    /** To be called every second or so. */
    void expire();

    /** Listeners of its own, by name, {@code ip:port}. */
    Map<String, String> listening();

    @Override
    void close();

    /**
     * What the rest of the control plane knows.
     *
     * @param catalog all services, own and imported
     * @param links with what the gateway says of them now
     */
    record Mesh(ServiceCatalog catalog, ImportRegistry imports, Supplier<List<MeshLink>> links) {}

    /** Counts of its own, by named cause. */
    Map<String, Long> counts();
}
