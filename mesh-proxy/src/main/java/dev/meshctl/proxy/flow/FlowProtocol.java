package dev.meshctl.proxy.flow;

/** What a flow spoke, as counted. */
public enum FlowProtocol {
    HTTP1("http/1.1"),
    HTTP2("h2"),
    GRPC("grpc"),
    TCP("tcp"),
    /** Ended before its protocol was known. */
    UNKNOWN("unknown");

    private final String label;

    FlowProtocol(String label) {
        this.label = label;
    }

    /** The value of the metric label. */
    public String label() {
        return label;
    }
}
