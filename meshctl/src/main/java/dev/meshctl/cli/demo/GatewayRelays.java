package dev.meshctl.cli.demo;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.sample.HttpAnswer;
import dev.meshctl.sample.LoadClient;
import java.io.IOException;
import java.net.URI;

/** How many connections a gateway has relayed, by its own metrics. */
final class GatewayRelays {
    private static final String METRIC = "meshctl_gateway_events_total{cause=\"relayed\"} ";

    private GatewayRelays() {}

    static long of(Cluster cluster) throws DemoFailure {
        String address = cluster.address(Cluster.GATEWAY_METRICS);
        try {
            HttpAnswer answer = LoadClient.get(HostPort.parse(address).toSocketAddress(),
                    URI.create("http://" + address + "/metrics"), DemoWorld.REQUEST);
            Answers.requireStatus(answer, 200);
            return count(answer.body());
        } catch (IOException e) {
            throw new DemoFailure("the gateway of " + cluster.name() + " gives no metrics: " + e.getMessage(), e);
        }
    }

    // A gateway that has relayed nothing yet has no such line.
    private static long count(String metrics) {
        return metrics.lines().filter(line -> line.startsWith(METRIC))
                .mapToLong(line -> Long.parseLong(line.substring(METRIC.length()).strip())).findFirst().orElse(0);
    }
}
