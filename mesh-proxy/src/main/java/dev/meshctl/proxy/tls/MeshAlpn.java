package dev.meshctl.proxy.tls;

/** The protocols between proxies, as named in ALPN. */
public enum MeshAlpn {
    HTTP1("http/1.1"),
    HTTP2("h2"),
    TCP("mesh-tcp");

    private final String id;

    MeshAlpn(String id) {
        this.id = id;
    }

    public String id() {
        return id;
    }
}
