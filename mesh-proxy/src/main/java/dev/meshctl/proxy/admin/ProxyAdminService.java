package dev.meshctl.proxy.admin;

import dev.meshctl.api.proto.proxy.ConfigRequest;
import dev.meshctl.api.proto.proxy.ConfigResponse;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.ListWorkloadsRequest;
import dev.meshctl.api.proto.proxy.ListWorkloadsResponse;
import dev.meshctl.api.proto.proxy.LogRequest;
import dev.meshctl.api.proto.proxy.LogResponse;
import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResponse;
import dev.meshctl.api.proto.proxy.ProbeResult;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.proxy.StatsRequest;
import dev.meshctl.api.proto.proxy.StatsResponse;
import dev.meshctl.proxy.config.ConfigStatus;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.host.Prober;
import dev.meshctl.proxy.host.Workload;
import dev.meshctl.proxy.host.WorkloadHost;
import dev.meshctl.proxy.outbound.ProbeCall;
import dev.meshctl.runtime.daemon.LogLevels;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The admin API of the proxy. Calls may block: each runs on a virtual thread. Who may call is checked before. */
public final class ProxyAdminService extends ProxyAdminGrpc.ProxyAdminImplBase {
    private static final int MAX_PROBES = 100;
    private static final Duration DEFAULT_PROBE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration MAX_PROBE_TIMEOUT = Duration.ofSeconds(60);

    private final String node;
    private final String version;
    private final Instant started;
    private final WorkloadHost host;
    private final Prober prober;
    private final boolean sidecar;
    private final MeshConfig config;
    private final ConfigDump dump;
    private final Supplier<String> metrics;
    private final LogLevels logLevels;

    /**
     * @param prober makes live calls
     * @param sidecar it hosts its own pod only
     * @param metrics the page that others read at {@code /metrics}
     */
    public ProxyAdminService(
            String node,
            String cluster,
            String version,
            Instant started,
            WorkloadHost host,
            Prober prober,
            boolean sidecar,
            MeshConfig config,
            Supplier<String> metrics,
            LogLevels logLevels) {
        this.node = node;
        this.version = version;
        this.started = started;
        this.host = host;
        this.prober = prober;
        this.sidecar = sidecar;
        this.config = config;
        this.dump = new ConfigDump(config, node, cluster);
        this.metrics = metrics;
        this.logLevels = logLevels;
    }

    @Override
    public StreamObserver<HostUp> host(StreamObserver<HostDown> down) {
        if (sidecar) {
            down.onError(Status.FAILED_PRECONDITION.withDescription(
                    node + " is a sidecar and hosts its own pod only").asRuntimeException());
            return new Ignored();
        }
        return new HostStream(host, down);
    }

    /** What a client still sends once it was refused. */
    private static final class Ignored implements StreamObserver<HostUp> {
        @Override
        public void onNext(HostUp message) {}

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {}
    }

    @Override
    public void list(ListWorkloadsRequest request, StreamObserver<ListWorkloadsResponse> answer) {
        ConfigStatus status = config.status();
        answer.onNext(ListWorkloadsResponse.newBuilder()
                .addAllWorkloads(host.list().stream().map(Workload::toProto).toList())
                .setNode(node)
                .setVersion(version)
                .setStartedEpochMs(started.toEpochMilli())
                .setControlPlaneConnected(status.connected())
                .setControlPlaneError(status.error())
                .build());
        answer.onCompleted();
    }

    @Override
    public void config(ConfigRequest request, StreamObserver<ConfigResponse> answer) {
        List<Workload> workloads = host.list();
        if (!request.getWorkload().isEmpty()) {
            Optional<Workload> one = host.find(request.getWorkload());
            if (one.isEmpty()) {
                answer.onError(Status.NOT_FOUND.withDescription("no workload \"" + request.getWorkload()
                        + "\" is hosted on " + node + "; hosted are: "
                        + String.join(", ", workloads.stream().map(Workload::id).limit(20).toList()))
                        .asRuntimeException());
                return;
            }
            workloads = List.of(one.get());
        }
        answer.onNext(ConfigResponse.newBuilder().setJson(dump.write(workloads)).build());
        answer.onCompleted();
    }

    @Override
    public void probe(ProbeRequest request, StreamObserver<ProbeResponse> answer) {
        int count = request.getCount() == 0 ? 1 : request.getCount();
        if (count < 1 || count > MAX_PROBES) {
            answer.onError(Status.INVALID_ARGUMENT.withDescription(
                    "count " + Integer.toUnsignedString(count) + " must be 1 to " + MAX_PROBES).asRuntimeException());
            return;
        }
        ProbeCall calls;
        try {
            calls = prober.open(request.getUrl());
        } catch (Prober.ProbeRefused e) {
            answer.onError(Status.UNAVAILABLE.withDescription("cannot probe from " + node + ": " + e.getMessage())
                    .asRuntimeException());
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer.onError(Status.CANCELLED.asRuntimeException());
            return;
        }
        ProbeResponse.Builder results = ProbeResponse.newBuilder();
        try {
            for (int i = 0; i < count && !Context.current().isCancelled(); i++) {
                results.addResults(call(calls, request.getUrl(), timeout(request)));
            }
        } finally {
            prober.done(calls);
        }
        answer.onNext(results.build());
        answer.onCompleted();
    }

    @Override
    public void stats(StatsRequest request, StreamObserver<StatsResponse> answer) {
        answer.onNext(StatsResponse.newBuilder()
                .setText(metrics.get())
                .setNode(node)
                .setStartedEpochMs(started.toEpochMilli())
                .build());
        answer.onCompleted();
    }

    @Override
    public void log(LogRequest request, StreamObserver<LogResponse> answer) {
        Duration asked = Duration.ofSeconds(Integer.toUnsignedLong(request.getSeconds()));
        LogLevels.State state;
        try {
            state = request.getLevel().isEmpty() ? logLevels.reset()
                    : logLevels.set(request.getLevel(), asked.isZero() ? LogLevels.USUAL : asked);
        } catch (IllegalArgumentException e) {
            answer.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        }
        Instant until = state.until();
        answer.onNext(LogResponse.newBuilder()
                .setLevel(state.word())
                .setUntilEpochMs(until == null ? 0 : until.toEpochMilli())
                .build());
        answer.onCompleted();
    }

    private static Duration timeout(ProbeRequest request) {
        Duration asked = Duration.ofMillis(Integer.toUnsignedLong(request.getTimeoutMs()));
        return asked.isZero() ? DEFAULT_PROBE_TIMEOUT
                : asked.compareTo(MAX_PROBE_TIMEOUT) > 0 ? MAX_PROBE_TIMEOUT : asked;
    }

    private static ProbeResult call(ProbeCall calls, String url, Duration timeout) {
        try {
            return view(calls.get(url, timeout).toCompletableFuture()
                    .get(timeout.plusSeconds(1).toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            return ProbeResult.newBuilder().setError("probe_failed: " + e).build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ProbeResult.newBuilder().setError("interrupted").build();
        }
    }

    private static ProbeResult view(ProbeCall.Result result) {
        return ProbeResult.newBuilder()
                .setStatus(result.status())
                .setError(result.error())
                .setPeerIdentity(result.peer() == null ? "" : result.peer().toString())
                .setEndpoint(result.endpoint())
                .setViaGateway(result.viaGateway())
                .setDurationUs(result.duration().toNanos() / 1000)
                .setServedBy(result.servedByCluster())
                .build();
    }
}
