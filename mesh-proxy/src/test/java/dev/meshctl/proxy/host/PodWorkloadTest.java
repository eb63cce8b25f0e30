package dev.meshctl.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.runtime.attest.SvidKeystore;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PodWorkloadTest {
    private static final SpiffeId ID = new SpiffeId(FakeSetup.WEST, "shop", "payments");

    @TempDir
    Path directory;

    private final FakeSetup fakes = new FakeSetup();
    private WorkloadHost host;
    private PodWorkload pod;

    @BeforeEach
    void start() throws Exception {
        HostSetup setup = fakes.in(directory, "");
        host = new WorkloadHost(setup);
        new SvidKeystore(setup.svids().resolve("pod-1.pem")).store(fakes.ca.issue(ID, Duration.ofHours(1)));
        pod = PodWorkload.start(host, "pod-1", ID, InetAddress.getLoopbackAddress(), fakes.counters, new Random(1));
    }

    @AfterEach
    void close() {
        pod.close();
        host.close();
    }

    private static Addressed behind(String service) {
        return new Addressed.AtWorkload("pod-1", List.of(new Addressed.Behind(ServiceName.parse(service), "v1", Map.of())));
    }

    private boolean serves(String service) {
        return host.find("pod-1").filter(workload -> workload.scope().service().toString().equals(service)).isPresent();
    }

    @Test
    void it_becomes_what_it_is_said_to_be() throws Exception {
        pod.told(behind("payments.shop"));
        Eventually.await("of payments", () -> serves("payments.shop"));

        pod.told(behind("refunds.shop"));

        Eventually.await("of refunds", () -> serves("refunds.shop"));
        assertThat(pod.problem()).isEmpty();
    }

    @Test
    void what_it_could_not_become_at_once_it_becomes_later_and_so_on() throws Exception {
        pod.told(behind("payments.shop"));
        Eventually.await("of payments", () -> serves("payments.shop"));
        fakes.failures.set(2);

        pod.told(behind("refunds.shop"));

        Eventually.await("of refunds", () -> serves("refunds.shop"));
        assertThat(fakes.counters.count("pod_not_followed")).isEqualTo(2);
    }
}
