package dev.meshctl.cli.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ListServicesResponse;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.testing.FakeServices;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a user is told who names a service that a cluster does not have. */
final class UnknownServiceTest {
    private static final ServiceName PAYMENTS = new ServiceName("payments", "shop");
    private static final Place KUBERNETES = new Place.Context("west", List.of());

    private ListServicesResponse services = ListServicesResponse.getDefaultInstance();
    private final FakeServices connections = new FakeServices(
            new Environment(Map.of(), Path.of("."), System.in, System.out, System.err, Environment.Terminals.NONE, 80),
            new AdminGrpc.AdminImplBase() {
                @Override
                public void listServices(ListServicesRequest request, StreamObserver<ListServicesResponse> answer) {
                    answer.onNext(services);
                    answer.onCompleted();
                }
            });

    @AfterEach
    void close() {
        connections.close();
    }

    private CliError asked(Place place) {
        Cluster west = new Cluster("west", new TrustDomain("west.mesh"), place, Path.of("/nowhere"));
        return catchThrowableOfType(CliError.class, () -> new ControlPlane(connections, west).service(PAYMENTS));
    }

    @Test
    void on_kubernetes_without_services_of_the_mesh_it_is_said_how_to_get_a_proxy_into_its_pods() {
        CliError error = asked(KUBERNETES);

        assertThat(error.what()).isEqualTo("there is no service \"payments.shop\"");
        assertThat(error.why()).isEqualTo("the cluster has no services of the mesh yet");
        assertThat(error.next()).isEqualTo("kubectl label namespace shop meshctl.dev/inject=enabled, then restart its pods");
    }

    @Test
    void on_a_local_cluster_without_services_it_is_said_how_to_run_one() {
        assertThat(asked(new Place.Local("127.9", Map.of(), "", "")).next())
                .isEqualTo("meshctl run --cluster west --service payments.shop --port PORT -- COMMAND");
    }

    @Test
    void where_there_are_services_the_nearest_is_named_whatever_the_platform() {
        services = ListServicesResponse.newBuilder()
                .addServices(ServiceView.newBuilder().setName("paymnts").setNamespace("shop")).build();

        assertThat(asked(KUBERNETES).next()).isEqualTo("did you mean \"paymnts.shop\"?");
    }
}
