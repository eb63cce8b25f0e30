package dev.meshctl.proxy.daemon;

import dev.meshctl.proxy.balance.LiveEndpoint;
import dev.meshctl.proxy.config.ConfigStatus;
import dev.meshctl.proxy.config.HostView;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.LiveService;
import dev.meshctl.proxy.host.Workload;
import dev.meshctl.proxy.host.WorkloadHost;
import dev.meshctl.proxy.telemetry.FlowTelemetry;
import dev.meshctl.proxy.telemetry.Labels;
import dev.meshctl.proxy.telemetry.PrometheusText;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.SvidSource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;

/** What {@code /metrics} shows. */
final class MetricsPage {
    private final FlowTelemetry telemetry;
    private final EventLoops loops;
    private final MeshConfig config;
    private final WorkloadHost host;
    private final SvidSource node;
    private final Counters counters;
    private final InstantSource clock;

    MetricsPage(
            FlowTelemetry telemetry,
            EventLoops loops,
            MeshConfig config,
            WorkloadHost host,
            SvidSource node,
            Counters counters,
            InstantSource clock) {
        this.telemetry = telemetry;
        this.loops = loops;
        this.config = config;
        this.host = host;
        this.node = node;
        this.counters = counters;
        this.clock = clock;
    }

    String write() {
        PrometheusText text = new PrometheusText();
        telemetry.writeTo(text);
        connections(text, loops.connections());
        memory(text, loops.memory());
        configuration(text, config.status());
        endpoints(text, config.hosts());
        identities(text, host.list());
        text.counter("meshctl_proxy_events_total", "Everything that went wrong or was given up, by named cause.");
        new TreeMap<>(counters.snapshot()).forEach((cause, count) -> text.sample(Labels.of("cause", cause), count));
        return text.toString();
    }

    private static void connections(PrometheusText text, Connections connections) {
        text.gauge("meshctl_connections_open", "Connections open now, by who is at the other end.");
        for (Connections.Kind kind : Connections.Kind.values()) {
            text.sample(Labels.of("kind", kind.label()), connections.open(kind));
        }
        text.counter("meshctl_connections_total", "Connections accepted from, or made to, the other end.");
        for (Connections.Kind kind : Connections.Kind.values()) {
            text.sample(Labels.of("kind", kind.label()), connections.opened(kind));
        }
        text.counter("meshctl_connections_not_accepted_total",
                "Tries to accept a connection that failed, as without a file descriptor.");
        for (Connections.Kind kind : Connections.Kind.values()) {
            if (connections.notAcceptedCount(kind) > 0) {
                text.sample(Labels.of("kind", kind.label()), connections.notAcceptedCount(kind));
            }
        }
        text.counter("meshctl_connections_closed_total", "Connections that ended, by cause.");
        for (Connections.Kind kind : Connections.Kind.values()) {
            for (CloseCause cause : CloseCause.values()) {
                long count = connections.closed(kind, cause);
                if (count > 0) {
                    text.sample(Labels.of("kind", kind.label()).and("cause", cause.label()), count);
                }
            }
        }
    }

    private static void memory(PrometheusText text, BufferMemory memory) {
        text.gauge("meshctl_buffer_memory_bytes", "Taken by buffers outside the heap.");
        text.sample(Labels.NONE, memory.usedBytes());
        text.gauge("meshctl_buffer_memory_bound_bytes", "At most; nothing new is begun above seven eighths.");
        text.sample(Labels.NONE, memory.boundBytes());
        text.counter("meshctl_buffer_memory_refused_total", "Not begun because buffers took too much.");
        for (BufferMemory.Work work : BufferMemory.Work.values()) {
            text.sample(Labels.of("work", work.label()), memory.refused(work));
        }
    }

    private static void configuration(PrometheusText text, ConfigStatus status) {
        text.gauge("meshctl_config_connected", "1 while the stream to the control plane is up.");
        text.sample(Labels.NONE, status.connected() ? 1 : 0);
        text.counter("meshctl_config_reconnects_total", "Streams to the control plane opened after the first.");
        text.sample(Labels.NONE, status.reconnects());
        text.gauge("meshctl_config_subscriptions", "Resources subscribed to.");
        status.types().forEach((type, one) ->
                text.sample(Labels.of("type", type.shortName()), one.subscriptions()));
        text.gauge("meshctl_config_resources", "Resources in use.");
        status.types().forEach((type, one) ->
                text.sample(Labels.of("type", type.shortName()), one.versions().size()));
        text.counter("meshctl_config_nacks_total", "Responses with a resource that this proxy could not use.");
        status.types().forEach((type, one) -> text.sample(Labels.of("type", type.shortName()), one.nacks()));
    }

    private static void endpoints(PrometheusText text, List<HostView> hosts) {
        text.gauge("meshctl_endpoint_in_flight", "Requests and opaque connections there now.");
        hosts.forEach(view -> each(view, (labels, endpoint) -> text.sample(labels, endpoint.inFlight())));
        text.gauge("meshctl_endpoint_ejected", "1 while an endpoint is left out for its failures.");
        hosts.forEach(view -> each(view, (labels, endpoint) -> text.sample(labels, endpoint.ejected() ? 1 : 0)));
    }

    private interface EndpointSample {
        void add(Labels labels, LiveEndpoint endpoint);
    }

    private static void each(HostView view, EndpointSample sample) {
        LiveService live = view.service();
        if (live != null) {
            live.endpoints().endpoints().forEach(endpoint -> sample.add(
                    Labels.of("host", view.host().toString()).and("endpoint", endpoint.spec().id()), endpoint));
        }
    }

    private void identities(PrometheusText text, List<Workload> workloads) {
        text.gauge("meshctl_workloads", "Workloads hosted, the probe included.");
        text.sample(Labels.NONE, workloads.size());
        text.gauge("meshctl_workload_ready", "1 while the application accepts connections.");
        workloads.forEach(one -> text.sample(Labels.of("workload", one.id()), one.isReady() ? 1 : 0));
        text.gauge("meshctl_svid_expiry_seconds", "Until the end of the SVID in use; negative once it is over.");
        text.sample(Labels.of("identity", node.current().id().toString()), secondsTo(node.current().notAfter()));
        workloads.forEach(one -> text.sample(
                Labels.of("workload", one.id()).and("identity", one.scope().identity().toString()),
                secondsTo(one.svidNotAfter())));
    }

    private long secondsTo(Instant end) {
        return Duration.between(clock.instant(), end).toSeconds();
    }
}
