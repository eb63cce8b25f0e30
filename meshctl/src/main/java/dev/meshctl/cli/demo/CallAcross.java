package dev.meshctl.cli.demo;

import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResult;
import dev.meshctl.sample.HttpAnswer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** web calls payments, which is in the other cluster only. */
final class CallAcross implements DemoStep {
    static final String PAYMENTS = "http://payments.shop.svc.clusterset.local/";

    @Override
    public String name() {
        return "call-across";
    }

    @Override
    public String title() {
        return "web calls payments in east, through both gateways";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        long westBefore = GatewayRelays.of(world.west());
        long eastBefore = GatewayRelays.of(world.east());
        HttpAnswer answer = Await.until("payments answers web", DemoWorld.SOON, () -> {
            HttpAnswer each = world.get("west/web/v1", PAYMENTS);
            return each.status() == 200 ? Optional.of(each) : Optional.empty();
        });
        String caller = Answers.callerSeen(Answers.json(answer));
        String expected = world.workload("west/web/v1").spiffeId();
        DemoFailure.unless(Answers.servedBy(answer).equals("east/v1"),
                "served by \"" + Answers.servedBy(answer) + "\" instead of east/v1");
        DemoFailure.unless(caller.equals(expected), "payments saw \"" + caller + "\" instead of " + expected);
        long west = GatewayRelays.of(world.west()) - westBefore;
        long east = GatewayRelays.of(world.east()) - eastBefore;
        DemoFailure.unless(west > 0 && east > 0,
                "relayed by the gateways: west " + west + ", east " + east + "; both must be above 0");
        ProbeResult probe = probe(world);
        return List.of(
                "GET " + PAYMENTS + " -> 200, served by " + Answers.servedBy(answer),
                "payments saw the caller as " + caller + " (another trust domain)",
                "relayed without decryption: %d connections by the gateway of west, %d by east's".formatted(west, east),
                String.format(Locale.ROOT, "the server is %s, %.1f ms", probe.getPeerIdentity(),
                        probe.getDurationUs() / 1000.0));
    }

    private static ProbeResult probe(DemoWorld world) throws DemoFailure {
        ProbeResult result = world.context().connections().proxy(world.west())
                .probe(ProbeRequest.newBuilder().setUrl(PAYMENTS).setTimeoutMs((int) DemoWorld.REQUEST.toMillis()).setCount(1).build())
                .getResultsList().stream().findFirst()
                .orElseThrow(() -> new DemoFailure("the proxy of west made no probe"));
        String expected = "spiffe://" + world.east().trustDomain() + "/ns/shop/sa/payments";
        DemoFailure.unless(result.getPeerIdentity().equals(expected),
                "the server's identity is \"" + result.getPeerIdentity() + "\" instead of " + expected);
        DemoFailure.unless(result.getViaGateway(), "the call did not go through a gateway");
        return result;
    }
}
