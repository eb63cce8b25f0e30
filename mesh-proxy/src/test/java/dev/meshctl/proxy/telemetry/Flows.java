package dev.meshctl.proxy.telemetry;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.FlowRecord;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Flows to count. */
final class Flows {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");

    private Flows() {}

    static FlowRecord ok(String version, int status, Duration latency) {
        return flow(version, status, null, latency, false);
    }

    static FlowRecord failed(String version, int status, FailureCause cause) {
        return flow(version, status, cause, Duration.ofMillis(1), false);
    }

    static FlowRecord denied(String version) {
        return flow(version, 403, FailureCause.DENIED, Duration.ofMillis(1), true);
    }

    static FlowRecord audited(String... policies) {
        return flow("v1", 200, null, Duration.ofMillis(1), false, policies);
    }

    private static FlowRecord flow(
            String version, int status, @Nullable FailureCause cause, Duration latency, boolean denied,
            String... policies) {
        List<String> audited = List.of(policies);
        return new FlowRecord(
                Direction.OUTBOUND, new SpiffeId(WEST, "shop", "web"), ServiceName.parse("web.shop"), "west",
                ServiceName.parse("payments.shop"), version, "east", FlowProtocol.HTTP1, true, "shop/payments/0", true,
                "east/" + version, new SpiffeId(new TrustDomain("east.mesh"), "shop", "payments"), "GET", "/pay",
                status, cause, latency.toNanos(), 10, 100, 1, denied, "", audited, "");
    }
}
