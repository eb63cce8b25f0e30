package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.platform.Platform;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Carries out all checks of some clusters, at the same time, each with a timeout. A check that cannot find
 * out is {@link Result#UNKNOWN}; no failure of a check ends the run.
 */
public final class VerifyService {
    /** How long one check may take unless told otherwise. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    private static final Comparator<CheckResult> ORDER = Comparator.comparing(CheckResult::cluster)
            .thenComparing(CheckResult::check).thenComparing(CheckResult::peer);

    private final Connections connections;
    private final Platform platform;
    private final InstantSource clock;

    public VerifyService(Connections connections, Platform platform, InstantSource clock) {
        this.connections = connections;
        this.platform = platform;
        this.clock = clock;
    }

    /**
     * Checks the clusters and their links.
     *
     * @param fleet where peers are looked up
     * @param chosen clusters of the fleet to check
     * @param timeout for each check, at least 100 ms
     * @param listener hears of each result as it comes, on any thread
     */
    public VerifyReport verify(Fleet fleet, List<Cluster> chosen, Duration timeout, Consumer<CheckResult> listener)
            throws InterruptedException {
        Instant startedAt = clock.instant();
        long began = System.nanoTime();
        // What a check asks for must end before the check does, so that it can say what did not answer.
        Duration question = timeout.multipliedBy(8).dividedBy(10);
        Map<String, ClusterFacts> facts = new LinkedHashMap<>();
        for (Cluster cluster : fleet.clusters()) {
            facts.put(cluster.name(), new ClusterFacts(cluster, connections, platform, question));
        }
        List<CheckResult> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<CheckResult>> running = new ArrayList<>();
            for (Plan.Item item : plan(facts, chosen).items()) {
                running.add(threads.submit(() -> {
                    CheckResult result = carryOut(item, timeout);
                    listener.accept(result);
                    return result;
                }));
            }
            for (Future<CheckResult> each : running) {
                results.add(await(each));
            }
        }
        results.sort(ORDER);
        return new VerifyReport(startedAt, Duration.ofNanos(System.nanoTime() - began), results);
    }

    private Plan plan(Map<String, ClusterFacts> all, List<Cluster> chosen) throws InterruptedException {
        Plan plan = new Plan();
        for (Cluster cluster : chosen) {
            ClusterFacts facts = all.computeIfAbsent(cluster.name(),
                    name -> new ClusterFacts(cluster, connections, platform, DEFAULT_TIMEOUT));
            ControlPlaneChecks.plan(plan, facts);
            TrustChecks.plan(plan, facts, clock);
            ProxyChecks.plan(plan, facts);
            GatewayChecks.plan(plan, facts);
            ProbeChecks.plan(plan, facts);
            ConfigurationChecks.plan(plan, facts);
            planLinks(plan, all, facts);
        }
        return plan;
    }

    private void planLinks(Plan plan, Map<String, ClusterFacts> all, ClusterFacts facts) throws InterruptedException {
        List<LinkView> links;
        try {
            links = facts.links().getLinksList();
        } catch (UnavailableException e) {
            // Which links there are is not known, so neither is how they are.
            Finding unknown = Finding.unknown("the links are not known: " + e.getMessage(),
                    "meshctl status --cluster " + facts.name());
            plan.add(Check.MV0402, facts, () -> unknown);
            plan.add(Check.MV0405, facts, () -> unknown);
            plan.add(Check.MV0502, facts, () -> unknown);
            return;
        }
        for (LinkView link : links) {
            Optional<ClusterFacts> peer = Optional.ofNullable(all.get(link.getPeer()));
            TrustChecks.planLink(plan, facts, link, peer);
            GatewayChecks.planLink(plan, facts, link, peer, clock);
            ProbeChecks.planLink(plan, facts, link, peer);
        }
    }

    private static CheckResult carryOut(Plan.Item item, Duration timeout) throws InterruptedException {
        long began = System.nanoTime();
        Finding finding = find(item.body(), timeout, "meshctl status --cluster " + item.cluster());
        return new CheckResult(item.check(), item.cluster(), item.peer(), finding.result(), finding.evidence(),
                finding.hint(), Duration.ofNanos(System.nanoTime() - began));
    }

    private static Finding find(Callable<Finding> body, Duration timeout, String hint) throws InterruptedException {
        java.util.concurrent.FutureTask<Finding> task = new java.util.concurrent.FutureTask<>(body);
        Thread thread = Thread.ofVirtual().name("verify-check").start(task);
        try {
            return task.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            thread.interrupt();
            return Finding.unknown("no answer within " + timeout.toMillis() + " ms", hint);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return Finding.unknown(cause.getMessage() == null ? cause.toString() : cause.getMessage(), hint);
        }
    }

    private static CheckResult await(Future<CheckResult> each) throws InterruptedException {
        try {
            return each.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a check ended without a result", e.getCause());
        }
    }
}
