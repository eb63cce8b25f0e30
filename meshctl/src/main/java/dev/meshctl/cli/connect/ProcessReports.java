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
 * What the processes of a mesh say of themselves: which version they are of, since what an image is called says nothing of
 * that, and how many proxies each replica of a control plane serves. Gateways say it to their control plane, all others are
 * asked. Who does not answer is left out.
 */
public final class ProcessReports {
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final boolean local;
    /** By component on a local cluster, which has one process for each, else by pod. */
    private final Map<String, String> versions = new HashMap<>();
    private int proxies;

    private ProcessReports(boolean local) {
        this.local = local;
    }

    /** Nobody was asked. */
    public static ProcessReports none(Cluster cluster) {
        return new ProcessReports(cluster.isLocal());
    }

    /** Asks every process of a cluster, each for at most 5 s; throws nothing because one does not answer. */
    public static ProcessReports ask(Connections connections, Cluster cluster) {
        ProcessReports reported = new ProcessReports(cluster.isLocal());
        each(() -> connections.admins(cluster), admin -> {
            StatusResponse status = admin.withDeadlineAfter(ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .status(StatusRequest.getDefaultInstance());
            reported.put("control-plane", status.getNode(), status.getVersion());
            reported.proxies += status.getProxiesConnected();
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

    /** Connected to any replica of any revision. */
    public int proxies() {
        return proxies;
    }

    /** The version of a process; empty if it is not known. */
    public String of(ComponentProcess process) {
        String name = process.name();
        return versions.getOrDefault(local ? name : name.substring(name.lastIndexOf('/') + 1), "");
    }
}
