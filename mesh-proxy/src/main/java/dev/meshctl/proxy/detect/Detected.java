package dev.meshctl.proxy.detect;

/** What the first bytes of a connection are. */
public enum Detected {
    HTTP1,
    /** The preface of HTTP/2 with prior knowledge. */
    HTTP2,
    /** Anything else, TLS included. */
    OPAQUE,
    /** Nothing, in the time allowed. */
    SILENT
}
