package dev.meshctl.proxy.daemon;

import dev.meshctl.proxy.config.ConfigTiming;
import dev.meshctl.proxy.flow.Limits;

/**
 * How long a proxy waits, and how much it takes.
 *
 * @param config how long for its configuration
 * @param traffic every bound of its data path
 */
record ProxyBounds(ConfigTiming config, Limits traffic) {
    static final ProxyBounds DEFAULT = new ProxyBounds(ConfigTiming.DEFAULT, Limits.DEFAULT);
}
