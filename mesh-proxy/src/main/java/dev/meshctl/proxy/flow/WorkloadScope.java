package dev.meshctl.proxy.flow;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.tls.TlsContexts;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What the data path knows of one hosted workload.
 *
 * @param cluster of this proxy
 * @param access the newest policies of the workload's service; read once per request
 * @param permissive true while the mesh lets callers in without mTLS; read once per connection
 * @param draining set when the workload is going away: answers then ask clients to reconnect elsewhere
 */
public record WorkloadScope(
        String id,
        SpiffeId identity,
        ServiceName service,
        String version,
        String cluster,
        TlsContexts tls,
        Supplier<CompiledAccess> access,
        BooleanSupplier permissive,
        Application application,
        Discovery discovery,
        FlowObserver observer,
        Limits limits,
        AtomicBoolean draining) {

    /** The same workload as of another service, with that one's policies and ports. */
    public WorkloadScope as(ServiceName other, String itsVersion, Supplier<CompiledAccess> itsAccess, Application itsPorts) {
        return new WorkloadScope(id, identity, other, itsVersion, cluster, tls, itsAccess, permissive, itsPorts, discovery,
                observer, limits, draining);
    }

    /** The same scope with another observer. */
    public WorkloadScope observedBy(FlowObserver other) {
        return new WorkloadScope(id, identity, service, version, cluster, tls, access, permissive, application, discovery,
                other, limits, draining);
    }

    /** The same identity as another service, which the proxy itself answers for whoever the mesh knows. */
    public WorkloadScope answering(ServiceName other, Application.Responder responder) {
        return new WorkloadScope(id, identity, other, "", cluster, tls, () -> CompiledAccess.OPEN, () -> false, responder,
                discovery, observer, limits, draining);
    }

    /** The same scope with other bounds. */
    public WorkloadScope limitedBy(Limits other) {
        return new WorkloadScope(id, identity, service, version, cluster, tls, access, permissive, application, discovery,
                observer, other, draining);
    }
}
