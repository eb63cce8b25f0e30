package dev.meshctl.proxy.flow;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.proxy.authorize.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects what becomes a {@link FlowRecord}. Confined to one event loop; finishes once, later calls of
 * {@link #finish} do nothing.
 */
public final class FlowBuilder {
    private final Direction direction;
    private final FlowObserver observer;
    private final long startNanos = System.nanoTime();
    private @Nullable SpiffeId source;
    private @Nullable ServiceName sourceService;
    private String sourceCluster = "";
    private @Nullable ServiceName destination;
    private String version = "";
    private String cluster = "";
    private FlowProtocol protocol = FlowProtocol.UNKNOWN;
    private boolean mtls;
    private String route = "";
    private boolean viaGateway;
    private String endpoint = "";
    private @Nullable SpiffeId peer;
    private String method = "";
    private String path = "";
    private String policy = "";
    private List<String> audited = List.of();
    private String traceId = "";
    private long bytesReceived;
    private long bytesSent;
    private int retries;
    private boolean finished;

    public FlowBuilder(Direction direction, FlowObserver observer) {
        this.direction = direction;
        this.observer = observer;
    }

    /** The record of a call that a workload makes. */
    public static FlowBuilder outbound(WorkloadScope scope) {
        FlowBuilder flow = new FlowBuilder(Direction.OUTBOUND, scope.observer());
        flow.source = scope.identity();
        flow.sourceService = scope.service();
        flow.sourceCluster = scope.cluster();
        return flow;
    }

    /** The record of a call that a workload gets. */
    public static FlowBuilder inbound(WorkloadScope scope) {
        FlowBuilder flow = new FlowBuilder(Direction.INBOUND, scope.observer());
        flow.destination = scope.service();
        flow.version = scope.version();
        flow.cluster = scope.cluster();
        return flow;
    }

    public FlowBuilder caller(SpiffeId id) {
        source = id;
        String domain = id.trustDomain().name();
        sourceCluster = domain.endsWith(".mesh") ? domain.substring(0, domain.length() - ".mesh".length()) : "";
        return this;
    }

    public FlowBuilder protocol(FlowProtocol value) {
        protocol = value;
        return this;
    }

    public FlowProtocol protocol() {
        return protocol;
    }

    public FlowBuilder request(String requestMethod, String requestPath, String trace) {
        method = requestMethod;
        path = requestPath;
        traceId = trace;
        return this;
    }

    public FlowBuilder destination(ServiceName name) {
        destination = name;
        return this;
    }

    public FlowBuilder route(String id) {
        route = id;
        return this;
    }

    /** What the policies said. */
    public FlowBuilder decided(Decision decision) {
        policy = decision.policy();
        audited = decision.audited();
        return this;
    }

    /** The endpoint of the newest attempt. */
    public FlowBuilder endpoint(String id, String itsVersion, String itsCluster, boolean gateway) {
        endpoint = id;
        version = itsVersion;
        cluster = itsCluster;
        viaGateway = gateway;
        return this;
    }

    public FlowBuilder application(String address) {
        endpoint = address;
        return this;
    }

    /** The connection is mTLS; the other side proved this identity. */
    public FlowBuilder secured(@Nullable SpiffeId proved) {
        mtls = true;
        peer = proved;
        return this;
    }

    public void retried() {
        retries++;
    }

    public void received(long bytes) {
        bytesReceived += bytes;
    }

    public void sent(long bytes) {
        bytesSent += bytes;
    }

    public boolean finished() {
        return finished;
    }

    /** Tells the observer. */
    public void finish(int status, @Nullable FailureCause failure) {
        if (finished) {
            return;
        }
        finished = true;
        observer.finished(new FlowRecord(direction, source, sourceService, sourceCluster, destination, version,
                cluster, protocol, mtls, route, viaGateway, endpoint, peer, method, path, status, failure,
                System.nanoTime() - startNanos, bytesReceived, bytesSent, retries,
                failure == FailureCause.DENIED, policy, audited, traceId));
    }
}
