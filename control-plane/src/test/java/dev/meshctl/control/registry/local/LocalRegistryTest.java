package dev.meshctl.control.registry.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.MovableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRegistryTest {
    private static final ServiceName PAYMENTS = new ServiceName("payments", "shop");
    private static final Duration TWENTY_SECONDS = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private final Counters counters = new Counters();
    private final List<Set<ServiceName>> changes = new ArrayList<>();
    private LocalRegistry registry;

    @BeforeEach
    void open() throws IOException {
        registry = new LocalRegistry(directory, new TrustDomain("east.mesh"), clock, changes::add, counters);
    }

    private static HostedWorkload.Builder workload(String id) {
        return HostedWorkload.newBuilder()
                .setId(id).setService("payments").setNamespace("shop").setVersion("v1").setServiceAccount("payments")
                .setSpiffeId("spiffe://east.mesh/ns/shop/sa/payments")
                .setInboundAddress("127.0.0.1").setInboundPort(15006).setReady(true)
                .addPorts(WorkloadPort.newBuilder().setServicePort(80).setAppPort(9001));
    }

    private static NodeReport report(String node, HostedWorkload.Builder... workloads) {
        NodeReport.Builder report = NodeReport.newBuilder().setNode(node).setProxyVersion("1");
        for (HostedWorkload.Builder workload : workloads) {
            report.addWorkloads(workload);
        }
        return report.build();
    }

    @Test
    void a_report_replaces_the_workloads_of_its_node() {
        LocalRegistry.Lease lease = registry.lease("proxy");
        assertThat(lease.report(report("n1", workload("a"), workload("b")))).isEmpty();
        assertThat(registry.of(PAYMENTS)).hasSize(2);

        lease.report(report("n1", workload("b")));

        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getId).containsExactly("b");
        assertThat(changes).containsExactly(Set.of(PAYMENTS), Set.of(PAYMENTS));
        lease.report(report("n1", workload("b")));
        assertThat(changes).as("an equal report changes nothing").hasSize(2);
    }

    @Test
    void workloads_outlive_their_stream_by_the_grace_only() {
        LocalRegistry.Lease lease = registry.lease("proxy");
        lease.report(report("n1", workload("a")));

        lease.close();
        clock.move(TWENTY_SECONDS);
        registry.expire();
        assertThat(registry.of(PAYMENTS)).hasSize(1);

        clock.move(TWENTY_SECONDS);
        registry.expire();
        assertThat(registry.of(PAYMENTS)).isEmpty();
        assertThat(counters.count("node_expired")).isEqualTo(1);
        assertThat(changes).last().isEqualTo(Set.of(PAYMENTS));
    }

    @Test
    void a_restarted_registry_starts_from_disk_and_waits_for_its_nodes() throws IOException {
        registry.lease("proxy").report(report("n1", workload("a")));
        registry.lease("proxy").report(report("n2", workload("b")));
        clock.move(Duration.ofHours(1));

        open();
        assertThat(registry.of(PAYMENTS)).hasSize(2);
        registry.lease("proxy").report(report("n1", workload("a")));
        clock.move(Duration.ofSeconds(31));
        registry.expire();

        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getId).containsExactly("a");
        open();
        assertThat(registry.of(PAYMENTS)).as("what expired is off the disk too").hasSize(1);
    }

    @Test
    void the_end_of_an_older_stream_does_not_end_the_lease_of_a_newer() {
        LocalRegistry.Lease older = registry.lease("proxy");
        older.report(report("n1", workload("a")));
        LocalRegistry.Lease newer = registry.lease("proxy");
        newer.report(report("n1", workload("a")));

        older.close();
        clock.move(Duration.ofHours(1));
        registry.expire();

        assertThat(registry.of(PAYMENTS)).hasSize(1);
        assertThatThrownBy(() -> older.report(report("n1"))).hasMessageContaining("newer stream");
    }

    @Test
    void what_a_proxy_may_not_claim_is_rejected_by_name_and_the_rest_is_taken() {
        List<String> rejected = registry.lease("proxy").report(report("n1",
                workload("good"),
                workload("foreign").setSpiffeId("spiffe://west.mesh/ns/shop/sa/payments"),
                workload("other-namespace").setSpiffeId("spiffe://east.mesh/ns/bank/sa/payments"),
                workload("no-ip").setInboundAddress("payments.example.org"),
                workload("../../etc/passwd")));

        assertThat(rejected).hasSize(4)
                .anySatisfy(r -> assertThat(r).startsWith("foreign:").contains("trust domain east.mesh"))
                .anySatisfy(r -> assertThat(r).startsWith("other-namespace:").contains("namespace shop"))
                .anySatisfy(r -> assertThat(r).startsWith("no-ip:").contains("IP literal"));
        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getId).containsExactly("good");
        assertThat(counters.count("workload_rejected")).isEqualTo(4);
    }

    @Test
    void a_workload_belongs_to_one_node_and_moves_when_that_node_is_away() {
        LocalRegistry.Lease first = registry.lease("proxy");
        first.report(report("n1", workload("a")));
        LocalRegistry.Lease second = registry.lease("proxy");

        assertThat(second.report(report("n2", workload("a")))).singleElement().asString().contains("node n1 hosts it");
        first.close();
        assertThat(second.report(report("n2", workload("a").setInboundPort(2)))).isEmpty();

        assertThat(registry.of(PAYMENTS)).singleElement().satisfies(w -> assertThat(w.getInboundPort()).isEqualTo(2));
    }

    @Test
    void a_corrupt_file_is_set_aside_and_the_others_are_read() throws IOException {
        registry.lease("proxy").report(report("n1", workload("a")));
        Files.write(directory.resolve("n2.node"), new byte[] {(byte) 0xff, 1, 2});

        open();

        assertThat(registry.of(PAYMENTS)).hasSize(1);
        assertThat(directory.resolve("n2.node.corrupt")).exists();
        assertThat(counters.count("node_file_corrupt")).isEqualTo(1);
    }

    @Test
    void on_a_full_disk_a_report_is_used_and_counted_and_the_older_one_is_still_on_disk() throws IOException {
        registry.lease("proxy").report(report("n1", workload("a")));
        // A directory in the place of the file fails its write, as a full disk would.
        Path file = directory.resolve("n2.node");
        Files.createDirectories(file.resolve("full"));

        assertThat(registry.lease("proxy").report(report("n2", workload("b")))).isEmpty();

        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getId).containsExactlyInAnyOrder("a", "b");
        assertThat(counters.count("node_not_stored")).isEqualTo(1);
        Files.delete(file.resolve("full"));
        Files.delete(file);
        open();
        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getId).containsExactly("a");
    }
}
