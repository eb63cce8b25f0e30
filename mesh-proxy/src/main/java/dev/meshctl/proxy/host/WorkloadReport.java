package dev.meshctl.proxy.host;

import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.NodeReportAck;
import dev.meshctl.api.proto.control.WorkloadRegistryGrpc;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports the whole list of workloads to the control plane, after each change and every so often, over a stream
 * whose life is the lease of this node. Reconnects with backoff.
 *
 * <p>Counted causes: {@code report_stream_ended}, {@code report_rejected}, {@code report_unacknowledged}, {@code
 * report_failed}.
 */
public final class WorkloadReport implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WorkloadReport.class.getName());
    /** Unless there is a change. */
    public static final Duration DEFAULT_PERIOD = Duration.ofSeconds(10);
    /** Changes this close together are one report. */
    private static final Duration GATHER = Duration.ofMillis(20);
    /** Reports that may be on their way without an answer; the next one waits, and the stream is given up after the period. */
    private static final int MAX_UNACKNOWLEDGED = 4;

    private final ManagedChannel channel;
    private final String node;
    private final String version;
    private final Duration period;
    private final Supplier<List<HostedWorkload>> workloads;
    private final Backoff backoff;
    private final Counters counters;
    private final Thread thread;

    // Guarded by this.
    private boolean dirty;
    private long sequence;
    private long acknowledged;
    private long sequenceAtOpen;
    private @Nullable Object current;
    private @Nullable Status ended;
    private List<String> rejected = List.of();

    private WorkloadReport(
            ManagedChannel channel,
            String node,
            String version,
            Duration period,
            Supplier<List<HostedWorkload>> workloads,
            Backoff backoff,
            Counters counters) {
        this.channel = channel;
        this.node = node;
        this.version = version;
        this.period = period;
        this.workloads = workloads;
        this.backoff = backoff;
        this.counters = counters;
        this.thread = Thread.ofVirtual().name("workload-report").unstarted(this::run);
    }

    /** @param workloads asked for each report */
    public static WorkloadReport start(
            ManagedChannel channel,
            String node,
            String version,
            Duration period,
            Supplier<List<HostedWorkload>> workloads,
            Backoff backoff,
            Counters counters) {
        WorkloadReport report = new WorkloadReport(channel, node, version, period, workloads, backoff, counters);
        report.thread.start();
        return report;
    }

    /** Reports soon; changes that come together are reported together. */
    public synchronized void changed() {
        dirty = true;
        notifyAll();
    }

    /** What the control plane refused in its last answer, as "workload id: why". */
    public synchronized List<String> rejected() {
        return rejected;
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                tryToReport();
                counters.increment("report_stream_ended");
                if (wasAnswered()) {
                    backoff.reset();
                }
                Thread.sleep(backoff.next());
                channel.resetConnectBackoff();
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    // Without reports the workloads of this node would be forgotten when its grace is over.
    private void tryToReport() throws InterruptedException {
        try {
            reportUntilEnd();
        } catch (RuntimeException e) {
            counters.increment("report_failed");
            LOG.log(Level.ERROR, "the workloads could not be reported; trying again", e);
        }
    }

    private void reportUntilEnd() throws InterruptedException {
        Context.CancellableContext call = Context.ROOT.withCancellation();
        StreamObserver<NodeReport> reports = open(call);
        try {
            do {
                Thread.sleep(GATHER);
                reports.onNext(nextReport());
            } while (awaitChange());
        } finally {
            call.cancel(null);
        }
    }

    private StreamObserver<NodeReport> open(Context.CancellableContext call) {
        Object stream = new Object();
        synchronized (this) {
            ended = null;
            acknowledged = sequence;
            sequenceAtOpen = sequence;
            current = stream;
        }
        StreamObserver<NodeReportAck> answers = new Answers(stream);
        Context before = call.attach();
        try {
            return WorkloadRegistryGrpc.newStub(channel).report(answers);
        } finally {
            call.detach(before);
        }
    }

    private NodeReport nextReport() {
        long next;
        synchronized (this) {
            dirty = false;
            next = ++sequence;
        }
        return NodeReport.newBuilder()
                .setNode(node)
                .setProxyVersion(version)
                .setSequence(next)
                .addAllWorkloads(workloads.get())
                .build();
    }

    /** Waits for a change or the period; false if the stream has ended, or is not answered. */
    private synchronized boolean awaitChange() throws InterruptedException {
        long deadline = System.nanoTime() + period.toNanos();
        while (ended == null && !(dirty && unacknowledged() < MAX_UNACKNOWLEDGED)) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        if (ended == null && unacknowledged() >= MAX_UNACKNOWLEDGED) {
            counters.increment("report_unacknowledged");
            return false;
        }
        return ended == null;
    }

    private long unacknowledged() {
        return sequence - acknowledged;
    }

    private synchronized boolean wasAnswered() {
        return acknowledged > sequenceAtOpen;
    }

    /** The answers of one stream; those of an older one are ignored. */
    private final class Answers implements StreamObserver<NodeReportAck> {
        private final Object stream;

        Answers(Object stream) {
            this.stream = stream;
        }

        @Override
        public void onNext(NodeReportAck ack) {
            synchronized (WorkloadReport.this) {
                if (stream != current) {
                    return;
                }
                acknowledged = Math.max(acknowledged, ack.getSequence());
                if (!ack.getRejectedList().isEmpty() && !ack.getRejectedList().equals(rejected)) {
                    counters.increment("report_rejected");
                    LOG.log(Level.WARNING, "the control plane refused workloads: {0}", ack.getRejectedList());
                }
                rejected = List.copyOf(ack.getRejectedList());
                WorkloadReport.this.notifyAll();
            }
        }

        @Override
        public void onError(Throwable failure) {
            end(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            end(Status.OK);
        }

        private void end(Status status) {
            synchronized (WorkloadReport.this) {
                if (stream == current) {
                    ended = status;
                    WorkloadReport.this.notifyAll();
                }
            }
        }
    }

    /** Ends the stream; the control plane keeps the workloads for its grace period. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
