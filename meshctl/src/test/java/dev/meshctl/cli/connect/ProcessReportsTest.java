package dev.meshctl.cli.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import dev.meshctl.cli.verify.FakeChannel;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessReportsTest {
    private static final Cluster WEST = new Cluster("west", new TrustDomain("west.mesh"), new Place.Context("west", List.of()), Path.of("/nowhere"));

    @Test
    void proxies_of_all_replicas_count_and_each_replica_says_its_own_version() {
        ProcessReports reports = ProcessReports.ask(connections(replica("cp-1", "1.2.0", 3), replica("next-1", "1.3.0", 2)), WEST);

        assertThat(reports.proxies()).isEqualTo(5);
        assertThat(reports.of(pod("control-plane/cp-1"))).isEqualTo("1.2.0");
        assertThat(reports.of(pod("control-plane-next/next-1"))).isEqualTo("1.3.0");
    }

    @Test
    void a_replica_that_does_not_answer_leaves_those_of_the_others() {
        ProcessReports reports = ProcessReports.ask(connections(new FakeChannel(), replica("cp-2", "1.2.0", 2)), WEST);

        assertThat(reports.proxies()).isEqualTo(2);
        assertThat(reports.of(pod("control-plane/cp-1"))).isEmpty();
    }

    private static FakeChannel replica(String pod, String version, int proxies) {
        return new FakeChannel().answer("Status", StatusResponse.newBuilder().setNode(pod).setVersion(version)
                .setProxiesConnected(proxies).build());
    }

    private static ComponentProcess pod(String name) {
        return new ComponentProcess(name, 0, true, false, false, 0, "", 0, List.of(), "");
    }

    /** Of a mesh of which only control planes are there. */
    private static Connections connections(FakeChannel... replicas) {
        return (Connections) Proxy.newProxyInstance(Connections.class.getClassLoader(), new Class<?>[] {Connections.class},
                (proxy, method, args) -> switch (method.getName()) {
                    case "admins" -> List.of(replicas).stream().map(AdminGrpc::newBlockingStub).toList();
                    case "trusts" -> List.of();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
