package dev.meshctl.proxy.flow;

import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.route.CompiledService;

/** The newest configuration of one host. Each getter is a volatile read; a request reads each once. */
public interface LiveService {
    CompiledService service();

    EndpointSet endpoints();

    /** Notes a use, so that the host is not let go as idle. */
    void touch();
}
