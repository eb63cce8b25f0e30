package dev.meshctl.proxy.flow;

import java.net.InetAddress;
import java.util.Map;
import java.util.function.Supplier;

/** What stands behind the inbound listener of a workload. */
public sealed interface Application {
    /**
     * A process that listens on this machine.
     *
     * @param ports by service port
     */
    record Process(InetAddress address, Map<Integer, AppPort> ports) implements Application {
        public Process {
            ports = Map.copyOf(ports);
        }
    }

    /**
     * The proxy itself answers every request with 200 and this JSON, on any port.
     *
     * @param body asked for each request; must not block
     */
    record Responder(Supplier<String> body) implements Application {}
}
