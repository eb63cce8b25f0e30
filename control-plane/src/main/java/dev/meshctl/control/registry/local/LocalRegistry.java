package dev.meshctl.control.registry.local;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.control.registry.NodeView;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The workloads of this cluster. A node's open report stream is its lease; when it ends, the node's
 * workloads stay for {@link #GRACE}. What is known is on disk, and a restarted control plane treats every
 * stored node as one whose lease has just ended, so that nothing is removed that only has to reconnect.
 */
public final class LocalRegistry implements WorkloadRegistry {
    /** How long the workloads of a node stay after its stream has ended. */
    public static final Duration GRACE = Duration.ofSeconds(30);
    /** Workloads that one node may report. */
    public static final int MAX_WORKLOADS = 10_000;

    private final TrustDomain own;
    private final InstantSource clock;
    private final NodeFiles files;
    private final Consumer<Set<ServiceName>> onChange;
    private final Counters counters;
    private final Map<String, Node> nodes = new HashMap<>();
    private volatile Map<ServiceName, List<HostedWorkload>> byService = Map.of();

    private static final class Node {
        String identity = "";
        String proxyVersion = "";
        Instant since;
        @Nullable Lease lease;
        @Nullable Instant until;
        Map<String, HostedWorkload> workloads = Map.of();

        Node(Instant since) {
            this.since = since;
        }
    }

    /** @param onChange told of the services whose workloads have changed, outside any lock */
    public LocalRegistry(
            Path directory, TrustDomain own, InstantSource clock, Consumer<Set<ServiceName>> onChange, Counters counters)
            throws IOException {
        this.own = own;
        this.clock = clock;
        this.onChange = onChange;
        this.counters = counters;
        this.files = new NodeFiles(directory, counters);
        for (NodeReport stored : files.readAll()) {
            Node node = new Node(clock.instant());
            node.proxyVersion = stored.getProxyVersion();
            node.workloads = accept(stored, new ArrayList<>());
            node.until = clock.instant().plus(GRACE);
            nodes.put(stored.getNode(), node);
        }
        index();
    }

    /** One stream of a node. The newest stream of a node holds its lease. */
    public final class Lease {
        private final String identity;
        private @Nullable String held;

        private Lease(String identity) {
            this.identity = identity;
        }

        /**
         * Replaces the node's workloads by those of the report.
         *
         * @return what was rejected, as {@code id: why}
         * @throws IllegalArgumentException if the report as a whole cannot be taken
         */
        public List<String> report(NodeReport report) {
            return LocalRegistry.this.report(this, report);
        }

        /** Ends the lease; the grace begins. */
        public void close() {
            LocalRegistry.this.release(this);
        }
    }

    /** Begins a lease, which the first report gives its node. */
    public Lease lease(String identity) {
        return new Lease(identity);
    }

    private List<String> report(Lease lease, NodeReport report) {
        String name = report.getNode();
        if (!DnsLabel.isValid(name)) {
            throw new IllegalArgumentException(
                    "node \"" + name + "\" must be 1 to 63 lower-case letters, digits or inner hyphens");
        }
        if (report.getWorkloadsCount() > MAX_WORKLOADS) {
            throw new IllegalArgumentException("a node may host at most " + MAX_WORKLOADS + " workloads, not "
                    + report.getWorkloadsCount() + "; spread them over more nodes");
        }
        List<String> rejected = new ArrayList<>();
        Set<ServiceName> changed;
        synchronized (this) {
            if (lease.held != null && !lease.held.equals(name)) {
                throw new IllegalArgumentException("this stream reports for node " + lease.held + ", not " + name);
            }
            Node node = nodes.computeIfAbsent(name, n -> new Node(clock.instant()));
            take(node, lease, name);
            if (node.lease != lease) {
                throw new IllegalArgumentException("node " + name + " has opened a newer stream");
            }
            node.proxyVersion = report.getProxyVersion();
            Map<String, HostedWorkload> before = node.workloads;
            node.workloads = accept(report, rejected);
            changed = difference(before, node.workloads);
            if (!before.equals(node.workloads)) {
                files.write(NodeReport.newBuilder()
                        .setNode(name)
                        .setProxyVersion(node.proxyVersion)
                        .addAllWorkloads(node.workloads.values())
                        .build());
                index();
            }
        }
        tell(changed);
        return rejected;
    }

    private void take(Node node, Lease lease, String name) {
        if (lease.held == null) {
            lease.held = name;
            node.lease = lease;
            node.identity = lease.identity;
            node.since = clock.instant();
            node.until = null;
        }
    }

    private Map<String, HostedWorkload> accept(NodeReport report, List<String> rejected) {
        Map<String, HostedWorkload> accepted = new LinkedHashMap<>();
        report.getWorkloadsList().stream().sorted(Comparator.comparing(HostedWorkload::getId)).forEach(workload -> {
            Optional<String> why = WorkloadCheck.reject(workload, own)
                    .or(() -> takenBy(report.getNode(), workload.getId()))
                    .or(() -> accepted.containsKey(workload.getId())
                            ? Optional.of("the report has it twice") : Optional.empty());
            if (why.isPresent()) {
                counters.increment("workload_rejected");
                rejected.add(workload.getId() + ": " + why.get());
            } else {
                accepted.put(workload.getId(), workload);
            }
        });
        return Map.copyOf(accepted);
    }

    /** A workload may move to another node once the node that had it is away. */
    private Optional<String> takenBy(String reporting, String id) {
        for (Map.Entry<String, Node> entry : nodes.entrySet()) {
            if (!entry.getKey().equals(reporting) && entry.getValue().workloads.containsKey(id)) {
                if (entry.getValue().lease != null) {
                    return Optional.of("node " + entry.getKey() + " hosts it");
                }
                Map<String, HostedWorkload> rest = new HashMap<>(entry.getValue().workloads);
                rest.remove(id);
                entry.getValue().workloads = Map.copyOf(rest);
            }
        }
        return Optional.empty();
    }

    private synchronized void release(Lease lease) {
        Node node = lease.held == null ? null : nodes.get(lease.held);
        if (node != null && node.lease == lease) {
            node.lease = null;
            node.until = clock.instant().plus(GRACE);
        }
    }

    /** Removes the workloads of nodes whose grace is over. To be called every second or so. */
    public void expire() {
        Set<ServiceName> changed = new HashSet<>();
        synchronized (this) {
            Instant now = clock.instant();
            for (Iterator<Map.Entry<String, Node>> it = nodes.entrySet().iterator(); it.hasNext(); ) {
                Map.Entry<String, Node> entry = it.next();
                Instant until = entry.getValue().until;
                if (until != null && !now.isBefore(until)) {
                    counters.increment("node_expired");
                    changed.addAll(difference(entry.getValue().workloads, Map.of()));
                    files.delete(entry.getKey());
                    it.remove();
                }
            }
            if (!changed.isEmpty()) {
                index();
            }
        }
        tell(changed);
    }

    private void tell(Set<ServiceName> changed) {
        if (!changed.isEmpty()) {
            onChange.accept(Set.copyOf(changed));
        }
    }

    private void index() {
        Map<ServiceName, List<HostedWorkload>> next = new HashMap<>();
        for (Node node : nodes.values()) {
            for (HostedWorkload workload : node.workloads.values()) {
                serviceOf(workload).ifPresent(s -> next.computeIfAbsent(s, n -> new ArrayList<>()).add(workload));
            }
        }
        next.replaceAll((name, workloads) -> List.copyOf(workloads));
        byService = Map.copyOf(next);
    }

    private static Set<ServiceName> difference(Map<String, HostedWorkload> before, Map<String, HostedWorkload> after) {
        Set<ServiceName> changed = new HashSet<>();
        Set<String> ids = new HashSet<>(before.keySet());
        ids.addAll(after.keySet());
        for (String id : ids) {
            if (!Objects.equals(before.get(id), after.get(id))) {
                Optional.ofNullable(before.get(id)).flatMap(LocalRegistry::serviceOf).ifPresent(changed::add);
                Optional.ofNullable(after.get(id)).flatMap(LocalRegistry::serviceOf).ifPresent(changed::add);
            }
        }
        return changed;
    }

    private static Optional<ServiceName> serviceOf(HostedWorkload workload) {
        return workload.getService().isEmpty()
                ? Optional.empty()
                : Optional.of(new ServiceName(workload.getService(), workload.getNamespace()));
    }

    @Override
    public Set<ServiceName> services() {
        return byService.keySet();
    }

    @Override
    public List<HostedWorkload> of(ServiceName service) {
        return byService.getOrDefault(service, List.of());
    }

    @Override
    public synchronized List<NodeView> nodes() {
        return nodes.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(e -> new NodeView(
                        e.getKey(),
                        e.getValue().identity,
                        e.getValue().proxyVersion,
                        e.getValue().since,
                        e.getValue().lease != null,
                        Optional.ofNullable(e.getValue().until),
                        List.copyOf(e.getValue().workloads.values())))
                .toList();
    }
}
