package dev.meshctl.testing;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.proxy.AppState;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.api.proto.proxy.Hosted;
import dev.meshctl.api.proto.proxy.ListWorkloadsRequest;
import dev.meshctl.api.proto.proxy.Upstream;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.sample.HttpAnswer;
import dev.meshctl.sample.LoadClient;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A workload that this test hosts: an application in this JVM, or a client only. */
public final class TestWorkload implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Hosted hosted;
    private final StreamObserver<HostUp> up;
    private final AutoCloseable app;
    private boolean closed;

    private TestWorkload(Hosted hosted, StreamObserver<HostUp> up, AutoCloseable app) {
        this.hosted = hosted;
        this.up = up;
        this.app = app;
    }

    static TestWorkload host(TestCluster cluster, ServiceName service, String version, List<WorkloadPort> ports,
            List<Upstream> upstreams, AutoCloseable app) throws InterruptedException {
        String id = service.name() + (version.isEmpty() ? "" : "-" + version) + "-" + COUNT.incrementAndGet() + "."
                + service.namespace();
        SpiffeId identity = cluster.identity(service.toString());
        CompletableFuture<Hosted> answer = new CompletableFuture<>();
        StreamObserver<HostUp> up = cluster.proxyStreams().host(new Down(answer));
        up.onNext(HostUp.newBuilder().setHost(HostWorkload.newBuilder()
                .setId(id)
                .setService(ports.isEmpty() ? "" : service.name())
                .setNamespace(service.namespace())
                .setVersion(version)
                .setServiceAccount(service.name())
                .setJoinToken(cluster.token(identity))
                .addAllPorts(ports)
                .setAppAddress("127.0.0.1")
                .addAllUpstreams(upstreams)).build());
        try {
            TestWorkload workload = new TestWorkload(answer.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS), up, app);
            up.onNext(HostUp.newBuilder().setState(AppState.newBuilder().setReady(true)).build());
            if (!ports.isEmpty()) {
                Eventually.holds(id + " is ready", () -> cluster.proxy()
                        .list(ListWorkloadsRequest.getDefaultInstance()).getWorkloadsList().stream()
                        .anyMatch(w -> w.getId().equals(id) && w.getReady()));
                cluster.awaitRegistered(service, version);
            }
            return workload;
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(id + " was not hosted", e);
        }
    }

    public String spiffeId() {
        return hosted.getSpiffeId();
    }

    /** The HTTP proxy for its calls. */
    public InetSocketAddress outbound() {
        return HostPort.parse(hosted.getOutboundAddress()).toSocketAddress();
    }

    /** The listener of its first upstream. */
    public InetSocketAddress upstream() {
        return HostPort.parse(hosted.getUpstreams(0).getListenAddress()).toSocketAddress();
    }

    /** One GET as this workload. */
    public HttpAnswer get(String url) throws IOException {
        return LoadClient.get(outbound(), URI.create(url), TIMEOUT);
    }

    /** GETs until the status comes. */
    public HttpAnswer getUntil(int status, String url) throws InterruptedException {
        return Eventually.gives("GET " + url + " -> " + status, () -> {
            HttpAnswer answer = get(url);
            if (answer.status() != status) {
                throw new IOException(answer.status() + ": " + answer.body());
            }
            return java.util.Optional.of(answer);
        });
    }

    /** Steady load as this workload. */
    public LoadClient load(String url, double perSecond) {
        return LoadClient.openLoop(outbound(), URI.create(url), perSecond);
    }

    /** Ends the hosting and the application. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            up.onCompleted();
            app.close();
        } catch (Exception e) {
            throw new IllegalStateException(hosted.getSpiffeId() + " did not close", e);
        }
    }

    private record Down(CompletableFuture<Hosted> answer) implements StreamObserver<HostDown> {
        @Override
        public void onNext(HostDown message) {
            if (message.hasHosted()) {
                answer.complete(message.getHosted());
            } else if (message.hasRefused()) {
                answer.completeExceptionally(new IllegalStateException(
                        message.getRefused().getCause() + ": " + message.getRefused().getMessage()));
            }
        }

        @Override
        public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            answer.completeExceptionally(new IllegalStateException("the stream ended"));
        }
    }
}
