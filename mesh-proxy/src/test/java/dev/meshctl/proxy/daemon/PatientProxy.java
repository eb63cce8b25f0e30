package dev.meshctl.proxy.daemon;

import dev.meshctl.proxy.config.ConfigTiming;
import dev.meshctl.proxy.testing.SmallMesh;
import java.time.Duration;

/** Room for a busy machine, where time is not what a test is about. */
final class PatientProxy {
    static final ProxyBounds BOUNDS = new ProxyBounds(new ConfigTiming(
            Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofMinutes(5), Duration.ofSeconds(5),
            Duration.ofMillis(200), Duration.ofSeconds(1)), SmallMesh.PATIENT);
    static final int CONNECT_TIMEOUT_MS = 30_000;

    private PatientProxy() {}
}
