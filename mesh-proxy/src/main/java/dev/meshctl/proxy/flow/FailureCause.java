package dev.meshctl.proxy.flow;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Why the mesh, not the application, ended a request or connection. The label is the value of the
 * {@code x-meshctl-error} header and of the metric label; the text tells an operator the likely cause.
 */
public enum FailureCause {
    NO_SUCH_SERVICE(503, 14, "no such service in this mesh or its linked meshes"),
    DISCOVERY_UNAVAILABLE(503, 14, "the control plane has not answered and no configuration is kept for the host"),
    NO_ENDPOINTS(503, 14, "no workload serves this port and version"),
    CONNECT_FAILED(503, 14, "the connection was refused or reset; is the workload, or the gateway, running?"),
    CONNECT_TIMEOUT(503, 14, "the connection was not established in time"),
    TLS_FAILED(503, 14, "the TLS handshake failed"),
    CERTIFICATE_REFUSED(503, 14, "the server did not accept the certificate of the caller; is its mesh linked with this one?"),
    IDENTITY_MISMATCH(503, 14, "the server has another identity than the service may have"),
    DENIED(403, 7, "denied by policy"),
    REQUEST_TIMEOUT(504, 4, "no answer within the timeout"),
    UPSTREAM_RESET(502, 14, "the connection was closed before the answer was complete"),
    UPSTREAM_PROTOCOL(502, 14, "the answer was not valid HTTP"),
    OVERLOADED(503, 14, "a bound on connections, requests or memory is reached"),
    OUT_OF_MEMORY(503, 14, "a buffer could not be had; see meshctl_buffer_memory_bytes"),
    BAD_REQUEST(400, 13, "the request is not valid HTTP"),
    HEADERS_TOO_LARGE(431, 13, "the request line or the headers are larger than the proxy accepts"),
    HTTP_VERSION(505, 12, "the version of HTTP is none that the proxy speaks"),
    LOOP_REFUSED(508, 13, "the request would come back to this proxy"),
    NO_BACKENDS(500, 14, "the matching route has no backends"),
    NO_ROUTE(404, 12, "no route of the service takes the request or connection"),
    DRAINING(503, 14, "the workload is shutting down"),
    APP_CONNECT_FAILED(503, 14, "the application does not accept connections"),
    APP_RESET(502, 14, "the application closed the connection before its answer was complete"),
    CLIENT_CLOSED(499, 1, "the client went away before the answer was complete"),
    IDLE_TIMEOUT(408, 4, "nothing was sent for too long"),
    DETECT_TIMEOUT(0, 0, "the client sent nothing that tells a protocol"),
    UNKNOWN_PROTOCOL(0, 0, "neither HTTP nor TLS, on a listener that has no fixed target"),
    PLAINTEXT_REFUSED(0, 0, "not TLS; this port takes mTLS only"),
    NO_SNI(0, 0, "no TLS server name that names a port of this workload"),
    NO_PEER_IDENTITY(0, 0, "the client presented no acceptable certificate"),
    NOT_MESHED(502, 14, "the host is not of the mesh and could not be reached directly"),
    INTERNAL(500, 13, "an error in the proxy; see its log");

    private final int httpStatus;
    private final int grpcStatus;
    private final String text;

    FailureCause(int httpStatus, int grpcStatus, String text) {
        this.httpStatus = httpStatus;
        this.grpcStatus = grpcStatus;
        this.text = text;
    }

    private static final Map<String, FailureCause> BY_LABEL =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(FailureCause::label, c -> c));

    /** The cause with this label, as another proxy named it. */
    public static Optional<FailureCause> ofLabel(String label) {
        return Optional.ofNullable(BY_LABEL.get(label));
    }

    /** Lower case with underscores; the metric label and the value of {@code x-meshctl-error}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Status of the answer that the mesh makes; 0 if the connection is closed without one. */
    public int httpStatus() {
        return httpStatus;
    }

    /** The {@code grpc-status} of the answer to a gRPC request. */
    public int grpcStatus() {
        return grpcStatus;
    }

    /** One clause for operators. */
    public String text() {
        return text;
    }
}
