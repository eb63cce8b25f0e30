package dev.meshctl.proxy.inbound;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.Application;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where one accepted connection may go in the application. A connection that the kernel has redirected goes to where it
 * was going to and nowhere else.
 *
 * @param original where it was going to; null if it was not redirected
 */
record AppPorts(Application application, @Nullable InetSocketAddress original) {
    /** True if a connection may name this port of the service. */
    boolean serves(int servicePort) {
        return switch (application) {
            case Application.Responder responder -> true;
            case Application.Process process -> {
                AppPort port = process.ports().get(servicePort);
                yield port != null && (original == null || original.getPort() == port.appPort());
            }
        };
    }

    /** True if the service has the port that the connection was going to. */
    boolean isOfService() {
        return application instanceof Application.Process process && (original == null
                || process.ports().values().stream().anyMatch(port -> port.appPort() == original.getPort()));
    }

    /** The port of the service that a connection means which names none; 0 if that is not known. */
    int unnamed() {
        if (!(application instanceof Application.Process process)) {
            return 0;
        }
        if (original == null) {
            return process.ports().size() == 1 ? process.ports().keySet().iterator().next() : 0;
        }
        return process.ports().values().stream().filter(port -> port.appPort() == original.getPort())
                .mapToInt(AppPort::servicePort).min().orElse(original.getPort());
    }

    /** Where the application serves a port of the service; null if nowhere. */
    @Nullable AppPort of(int servicePort) {
        if (!(application instanceof Application.Process process)) {
            return null;
        }
        AppPort port = process.ports().get(servicePort);
        if (original == null || (port != null && port.appPort() == original.getPort())) {
            return port;
        }
        // A port that no service has, as a scrape of metrics may use.
        return servicePort == original.getPort() ? new AppPort(servicePort, servicePort, Protocol.DETECT) : null;
    }

    /** The application's address; null if it is no process. */
    @Nullable InetAddress address() {
        return !(application instanceof Application.Process process) ? null
                : original == null ? process.address() : original.getAddress();
    }
}
