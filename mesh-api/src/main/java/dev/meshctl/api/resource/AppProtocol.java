package dev.meshctl.api.resource;

/** What an application speaks on a port. */
public enum AppProtocol implements Worded {
    /** Found out from the first bytes. */
    AUTO("auto"),
    HTTP1("http1"),
    /** gRPC included. */
    HTTP2("http2"),
    /** Opaque bytes. */
    TCP("tcp");

    private final String word;

    AppProtocol(String word) {
        this.word = word;
    }

    @Override
    public String word() {
        return word;
    }
}
