package dev.meshctl.proxy.flow;

import dev.meshctl.api.proto.config.Protocol;

/**
 * Where the application serves a port of its service.
 *
 * @param servicePort as callers name it, 1 to 65535
 * @param appPort where the application listens, 1 to 65535
 */
public record AppPort(int servicePort, int appPort, Protocol protocol) {
    public AppPort {
        if (servicePort < 1 || servicePort > 65535 || appPort < 1 || appPort > 65535) {
            throw new IllegalArgumentException("ports must be 1 to 65535: " + servicePort + " -> " + appPort);
        }
    }
}
