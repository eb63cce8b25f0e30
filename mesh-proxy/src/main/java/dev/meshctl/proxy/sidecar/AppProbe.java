package dev.meshctl.proxy.sidecar;

import java.net.InetSocketAddress;
import java.time.Duration;

/** One probe of an application, as the kubelet would make it. */
sealed interface AppProbe permits HttpProbe, TcpProbe, GrpcProbe {
    int port();

    /** For all of it. */
    Duration timeout();

    /** Makes it; blocks for at most the timeout. Empty if the application is well, else one clause that says why not. */
    String failure(InetSocketAddress application);
}
