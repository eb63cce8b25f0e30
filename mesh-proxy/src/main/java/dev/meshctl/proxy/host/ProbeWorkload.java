package dev.meshctl.proxy.host;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.outbound.ProbeCall;
import dev.meshctl.runtime.backoff.Backoff;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The workload that every proxy hosts by itself, {@code probe.meshctl-system}, port 80: it answers live
 * probes and makes them, through the same listeners and over the same identity checks as any other. Hosted
 * again, with backoff, whenever it is not.
 */
public final class ProbeWorkload implements Prober, AutoCloseable {
    /** The service that every proxy serves one endpoint of. */
    public static final ServiceName SERVICE = new ServiceName("probe", SpiffeId.SYSTEM_NAMESPACE);

    private static final System.Logger LOG = System.getLogger(ProbeWorkload.class.getName());
    private static final int PORT = 80;
    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(5);

    private final WorkloadHost host;
    private final HostSetup setup;
    private final EventLoops loops;
    private final Supplier<Optional<String>> token;
    private final Backoff backoff;
    private final Semaphore lost = new Semaphore(0);
    private final Thread keeper;
    private volatile @Nullable ProbeCall calls;
    private volatile String problem = "the probe workload is not hosted yet";

    private ProbeWorkload(
            WorkloadHost host,
            HostSetup setup,
            EventLoops loops,
            Supplier<Optional<String>> token,
            RandomGenerator random) {
        this.host = host;
        this.setup = setup;
        this.loops = loops;
        this.token = token;
        this.backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(15), random);
        this.keeper = Thread.ofVirtual().name("probe-workload").unstarted(this::keep);
    }

    /** @param token asked for each attestation */
    public static ProbeWorkload start(
            WorkloadHost host,
            HostSetup setup,
            EventLoops loops,
            Supplier<Optional<String>> token,
            RandomGenerator random) {
        ProbeWorkload probe = new ProbeWorkload(host, setup, loops, token, random);
        probe.keeper.start();
        return probe;
    }

    @Override
    public ProbeCall open(String url) throws ProbeRefused {
        ProbeCall open = calls;
        if (open == null) {
            throw new ProbeRefused(problem.isEmpty() ? "not hosted" : problem);
        }
        return open;
    }

    /** It stays open for the next one. */
    @Override
    public void done(ProbeCall calls) {}

    private void keep() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (open()) {
                    backoff.reset();
                    lost.acquire();
                    closeCalls();
                } else {
                    Thread.sleep(backoff.next());
                }
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean open() throws InterruptedException {
        Workload workload = null;
        try {
            workload = host.open(spec(), token, Optional.of(new Application.Responder(this::body)), this::onLost);
            calls = ProbeCall.open(workload.scope(), loops)
                    .toCompletableFuture().get(OPEN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            problem = "";
            return true;
        } catch (HostRefused e) {
            failed(e.cause(), e.reason());
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            failed("probe_caller", "the probe's caller did not open: " + e);
        }
        if (workload != null) {
            host.unhost(workload, false);
        }
        return false;
    }

    private void failed(String cause, String why) {
        problem = why;
        setup.counters().increment("probe_not_hosted_" + cause);
        LOG.log(Level.WARNING, "the probe workload is not hosted: {0}; trying again", why);
    }

    private void onLost(HostRefused why) {
        problem = why.reason();
        lost.release();
    }

    private WorkloadSpec spec() {
        return new WorkloadSpec(
                "probe-" + setup.node(),
                Optional.of(SERVICE),
                SERVICE.namespace(),
                "",
                SpiffeId.of(setup.trustDomain(), SystemIdentity.PROBE),
                List.of(WorkloadPort.newBuilder()
                        .setServicePort(PORT).setAppPort(PORT).setProtocol("http1").setName("http").build()),
                Map.of(PORT, new AppPort(PORT, PORT, Protocol.HTTP1)),
                InetAddress.getLoopbackAddress(),
                List.of());
    }

    private String body() {
        return body(setup.cluster(), setup.node());
    }

    /** What a probe is answered. */
    public static String body(String cluster, String node) {
        return "{\"service\":\"" + SERVICE + "\",\"cluster\":\"" + cluster + "\",\"node\":\"" + node + "\"}\n";
    }

    private void closeCalls() {
        ProbeCall open = calls;
        calls = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        keeper.interrupt();
        closeCalls();
    }
}
