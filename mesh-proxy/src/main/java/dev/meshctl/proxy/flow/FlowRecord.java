package dev.meshctl.proxy.flow;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happened to one request, or one opaque connection.
 *
 * @param source the caller; null if not authenticated
 * @param sourceService known at the outbound side only
 * @param sourceCluster the cluster of the caller, empty if not known
 * @param destination null for hosts outside the mesh and for connections that ended before they named one
 * @param version of the endpoint, empty if none was reached
 * @param cluster of the endpoint, empty if none was reached
 * @param route {@code HttpRoute.id}, empty if no route matched
 * @param endpoint id of the last endpoint tried, empty if none; the application's address inbound
 * @param peer the identity that the server proved; outbound only
 * @param status HTTP status as answered, gRPC server errors as 5xx; 0 for opaque connections or no answer
 * @param failure null if the mesh did what was asked, whatever the application answered
 * @param latencyNanos from the first byte of the request to the last byte of the answer
 * @param bytesReceived body bytes from the client
 * @param bytesSent body bytes to the client
 * @param policy the deciding policy, empty if none
 * @param audited policies that asked to have this call counted
 * @param traceId 32 hex digits of {@code traceparent}, empty for opaque connections
 */
public record FlowRecord(
        Direction direction,
        @Nullable SpiffeId source,
        @Nullable ServiceName sourceService,
        String sourceCluster,
        @Nullable ServiceName destination,
        String version,
        String cluster,
        FlowProtocol protocol,
        boolean mtls,
        String route,
        boolean viaGateway,
        String endpoint,
        @Nullable SpiffeId peer,
        String method,
        String path,
        int status,
        @Nullable FailureCause failure,
        long latencyNanos,
        long bytesReceived,
        long bytesSent,
        int retries,
        boolean denied,
        String policy,
        List<String> audited,
        String traceId) {

    /** True for 5xx, gRPC server errors, and whatever the mesh failed to do but for denials and lost clients. */
    public boolean failed() {
        return status >= 500
                || (failure != null && !denied && failure != FailureCause.CLIENT_CLOSED && status < 400);
    }
}
