package dev.meshctl.cli.run;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.proxy.AppState;
import dev.meshctl.api.proto.proxy.Drain;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.api.proto.proxy.Hosted;
import dev.meshctl.api.proto.proxy.Upstream;
import dev.meshctl.api.proto.trust.CreateJoinTokenRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.connect.RpcFailure;
import dev.meshctl.runtime.backoff.Backoff;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The lease of a workload at the cluster's proxy: a stream. When the proxy goes away, the workload is hosted
 * again, with backoff, for as long as the lease is wanted.
 */
final class Hosting {
    private static final long HOST_TIMEOUT_SECONDS = 20;
    private static final int TOKEN_SECONDS = 60;
    private static final int TOKEN_ATTEMPTS = 4;
    private static final Duration TOKEN_PAUSE = Duration.ofMillis(700);
    private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

    private final RunSpec spec;
    private final SpiffeId spiffeId;
    private final String id;
    private final Connections connections;
    private final Consumer<String> tell;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Hosted hosted = Hosted.getDefaultInstance();
    private @Nullable Lease lease;
    private boolean ready;

    /** @param tell told on a loss of the proxy, and when it is back */
    Hosting(RunSpec spec, SpiffeId spiffeId, Connections connections, Consumer<String> tell) {
        this.spec = spec;
        this.spiffeId = spiffeId;
        this.connections = connections;
        this.tell = tell;
        this.id = spec.service().name() + (spec.version().isEmpty() ? "" : "-" + spec.version()) + "-" + suffix()
                + "." + spec.service().namespace();
    }

    /** Hosts for the first time. */
    void begin() {
        Lease first = open();
        Thread.ofVirtual().name("host " + id).start(() -> keep(first));
    }

    String id() {
        return id;
    }

    /** A line for the user, beside what the command prints. */
    void tell(String line) {
        tell.accept(line);
    }

    /** What the proxy last answered. */
    Hosted now() {
        return hosted;
    }

    /** Says whether the application takes connections. */
    synchronized void ready(boolean now) {
        ready = now;
        if (lease != null) {
            lease.send(HostUp.newBuilder().setState(AppState.newBuilder().setReady(now)).build());
        }
    }

    /** No new requests; waits until those under way are over or the time is. */
    void drain(Duration limit) {
        Lease current;
        synchronized (this) {
            current = lease;
        }
        if (current == null || limit.isZero()) {
            return;
        }
        current.send(HostUp.newBuilder().setDrain(Drain.newBuilder().setDeadlineMs((int) limit.toMillis())).build());
        current.awaitDrained(limit.plusSeconds(1));
    }

    /** Gives the lease back. */
    synchronized void end() {
        ended.countDown();
        if (lease != null) {
            lease.complete();
            lease = null;
        }
    }

    private Lease open() {
        String token = token();
        Lease opened = new Lease();
        opened.start(token);
        hosted = opened.awaitHosted();
        adopt(opened);
        return opened;
    }

    /** A trust bridge that is started anew is back within a second. A token that nobody uses does no harm. */
    private String token() {
        CreateJoinTokenRequest request = CreateJoinTokenRequest.newBuilder()
                .setSpiffeId(spiffeId.toString()).setTtlSeconds(TOKEN_SECONDS).build();
        for (int attempt = 1; ; attempt++) {
            try {
                return connections.trust(spec.cluster()).createJoinToken(request).getToken();
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || attempt == TOKEN_ATTEMPTS
                        || Thread.currentThread().isInterrupted()) {
                    throw RpcFailure.of(e, "cannot get a join token for " + spiffeId, "trust bridge", spec.cluster());
                }
            }
            LockSupport.parkNanos(TOKEN_PAUSE.toNanos());
        }
    }

    private synchronized void adopt(Lease opened) {
        if (ended.getCount() == 0) {
            opened.complete();
            return;
        }
        lease = opened;
        if (ready) {
            opened.send(HostUp.newBuilder().setState(AppState.newBuilder().setReady(true)).build());
        }
    }

    private void keep(Lease first) {
        Lease current = first;
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), ThreadLocalRandom.current());
        try {
            while (true) {
                String why = current.awaitEnd();
                if (ended.getCount() == 0) {
                    return;
                }
                tell.accept("meshctl: the proxy of " + spec.cluster().name() + " is away (" + why
                        + "); hosting " + id + " again");
                current = again(backoff);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Lease again(Backoff backoff) throws InterruptedException {
        String before = hosted.getOutboundAddress();
        while (!ended.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS)) {
            try {
                Lease opened = open();
                backoff.reset();
                tell.accept("meshctl: " + id + " is hosted again" + (hosted.getOutboundAddress().equals(before) ? ""
                        : "; its outbound address is now " + hosted.getOutboundAddress() + ", restart the application"));
                return opened;
            } catch (CliError e) {
                // Told once above; it is tried for as long as the application runs.
                continue;
            }
        }
        throw new InterruptedException("the workload has ended");
    }

    private HostWorkload request(String token) {
        HostWorkload.Builder request = HostWorkload.newBuilder()
                .setId(id)
                .setService(spec.ports().isEmpty() ? "" : spec.service().name())
                .setNamespace(spec.service().namespace())
                .setVersion(spec.version())
                .setServiceAccount(spec.service().name())
                .setJoinToken(token)
                .setAppAddress("127.0.0.1");
        spec.ports().forEach(port -> request.addPorts(WorkloadPort.newBuilder()
                .setServicePort(port.servicePort()).setAppPort(port.appPort()).setProtocol(port.protocol())));
        spec.upstreams().forEach(upstream -> request.addUpstreams(Upstream.newBuilder()
                .setHost(upstream.host()).setPort(upstream.port()).setLocalPort(upstream.localPort())));
        return request.build();
    }

    private static String suffix() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            text.append(ALPHABET.charAt(ThreadLocalRandom.current().nextInt(ALPHABET.length())));
        }
        return text.toString();
    }

    /** One stream. */
    private final class Lease implements StreamObserver<HostDown> {
        private final CompletableFuture<HostDown> answer = new CompletableFuture<>();
        private final CountDownLatch drained = new CountDownLatch(1);
        private final CompletableFuture<String> end = new CompletableFuture<>();
        private @Nullable StreamObserver<HostUp> up;
        private boolean completed;

        synchronized void start(String token) {
            up = connections.proxyStreams(spec.cluster()).host(this);
            up.onNext(HostUp.newBuilder().setHost(request(token)).build());
        }

        synchronized void send(HostUp message) {
            if (up != null && !completed && !end.isDone()) {
                up.onNext(message);
            }
        }

        synchronized void complete() {
            if (up != null && !completed && !end.isDone()) {
                completed = true;
                up.onCompleted();
            }
        }

        Hosted awaitHosted() {
            try {
                HostDown down = answer.get(HOST_TIMEOUT_SECONDS, TimeUnit.SECONDS);
                if (down.hasHosted()) {
                    return down.getHosted();
                }
                complete();
                throw error("the proxy refused " + id).because(
                        down.getRefused().getMessage().isEmpty() ? down.getRefused().getCause() : down.getRefused().getMessage());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof StatusRuntimeException failure) {
                    throw RpcFailure.of(failure, "cannot host " + id, "proxy", spec.cluster());
                }
                throw error("cannot host " + id).because(String.valueOf(e.getCause())).from(e);
            } catch (TimeoutException e) {
                complete();
                throw error("cannot host " + id).because("no answer in " + HOST_TIMEOUT_SECONDS + " s").from(e);
            } catch (InterruptedException e) {
                complete();
                Thread.currentThread().interrupt();
                throw error("interrupted").exit(130).from(e);
            }
        }

        private CliError error(String what) {
            return CliError.failed(what).at("cluster " + spec.cluster().name() + ", proxy")
                    .next("meshctl status --cluster " + spec.cluster().name());
        }

        void awaitDrained(Duration limit) {
            try {
                if (!drained.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    tell.accept("meshctl: the proxy did not say that " + id + " is drained; going on");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        String awaitEnd() throws InterruptedException {
            try {
                return end.get();
            } catch (ExecutionException e) {
                return String.valueOf(e.getCause());
            }
        }

        @Override
        public void onNext(HostDown down) {
            if (down.hasDrained()) {
                drained.countDown();
            } else {
                answer.complete(down);
            }
        }

        @Override
        public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
            drained.countDown();
            Status status = Status.fromThrowable(failure);
            end.complete(status.getDescription() == null ? status.getCode().toString() : status.getDescription());
        }

        @Override
        public void onCompleted() {
            answer.completeExceptionally(Status.UNAVAILABLE.withDescription("the proxy closed the stream").asRuntimeException());
            drained.countDown();
            end.complete("it closed the stream");
        }
    }
}
