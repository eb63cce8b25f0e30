package dev.meshctl.cli.connect;

import dev.meshctl.api.proto.admin.ListProxiesRequest;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Which version the processes of a mesh say that they are of; what an image is called says nothing of that. Gateways say it
 * to their control plane, all others are asked. Who does not answer is left out.
 */
public final class ReportedVersions {
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final boolean local;
    /** By component on a local cluster, which has one process for each, else by pod. */
    private final Map<String, String> versions = new HashMap<>();

    private ReportedVersions(boolean local) {
        this.local = local;
    }

    /** Nobody was asked. */
    public static ReportedVersions none(Cluster cluster) {
        return new ReportedVersions(cluster.isLocal());
    }

    /** Asks every process of a cluster, each for at most 5 s; throws nothing because one does not answer. */
    public static ReportedVersions ask(Connections connections, Cluster cluster) {
        ReportedVersions reported = new ReportedVersions(cluster.isLocal());
        each(() -> connections.admins(cluster), admin -> {
            StatusResponse status = admin.withDeadlineAfter(ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .status(StatusRequest.getDefaultInstance());
            reported.put("control-plane", status.getNode(), status.getVersion());
            status.getGatewaysList().forEach(gateway ->
                    reported.put("federation-gateway", gateway.getNode(), gateway.getVersion()));
        });
        each(() -> connections.trusts(cluster), trust -> {
            TrustStatus status = trust.withDeadlineAfter(ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .status(TrustStatusRequest.getDefaultInstance());
            reported.put("trust-bridge", status.getNode(), status.getVersion());
        });
        if (cluster.isLocal()) {
            each(() -> List.of(connections.admin(cluster)), admin ->
                    admin.withDeadlineAfter(ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                            .listProxies(ListProxiesRequest.getDefaultInstance()).getProxiesList().stream()
                            .filter(ProxyView::getConnected)
                            .forEach(proxy -> reported.put("mesh-proxy", proxy.getNode(), proxy.getVersion())));
        }
        return reported;
    }

    private interface Question<T> {
        void ask(T stub);
    }

    private static <T> void each(Supplier<List<T>> stubs, Question<T> question) {
        try {
            for (T stub : stubs.get()) {
                try {
                    question.ask(stub);
                } catch (StatusRuntimeException e) {
                    // Told by what else is asked of it; its version is not known.
                }
            }
        } catch (CliError e) {
            // Nobody is there to be asked, which the state of the processes says.
        }
    }

    private void put(String component, String node, String version) {
        if (!version.isEmpty()) {
            versions.put(local ? component : node, version);
        }
    }

    /** Empty if it is not known. */
    public String of(ComponentProcess process) {
        String name = process.name();
        return versions.getOrDefault(local ? name : name.substring(name.lastIndexOf('/') + 1), "");
    }
}
