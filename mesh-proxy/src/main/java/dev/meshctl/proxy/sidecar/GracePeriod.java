package dev.meshctl.proxy.sidecar;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How long a pod has to end, and how much of that is left for its proxy. The kubelet ends a native sidecar after the
 * application's containers, within the one grace period of the pod, and does not say how much they left; that it began is
 * known from the preStop hook, which is called for all containers at once.
 *
 * <p>Anybody in the cluster can make that call. It only shortens what a pod that ends soon after lets finish: nothing ends
 * by it, and a beginning that the pod outlived is forgotten.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#termination-with-sidecars">Termination
 *     with sidecar containers</a>
 */
public final class GracePeriod {
    /** Where the hook calls, on the port of the metrics; the injector says the same. */
    public static final String BEGINS = "/pod-ending";

    /** What the kubelet gives a container however little is left. */
    private static final Duration LEAST = Duration.ofSeconds(2);
    private static final long NEVER = Long.MIN_VALUE;

    private final Duration length;
    private final Optional<Duration> longestDrain;
    private final LongSupplier nanoTime;
    private final AtomicLong begun = new AtomicLong(NEVER);

    /** @param nanoTime a clock as {@link System#nanoTime()} */
    public GracePeriod(SidecarConfig.Ending ending, LongSupplier nanoTime) {
        this.length = ending.gracePeriod().compareTo(LEAST) < 0 ? LEAST : ending.gracePeriod();
        this.longestDrain = ending.longestDrain();
        this.nanoTime = nanoTime;
    }

    /** The pod is told to end. A second call says nothing new. */
    public void begins() {
        long now = nanoTime.getAsLong();
        begun.updateAndGet(before -> before == NEVER || isOver(before, now) ? now : before);
    }

    private boolean isOver(long start, long now) {
        return now - start > length.plus(LEAST).toNanos();
    }

    /** How to end from now on; to be asked when the proxy is told to. */
    public Drain drain() {
        Duration left = left();
        Duration longest = left.minus(Drain.closing(left));
        return Drain.within(longestDrain.filter(asked -> asked.compareTo(longest) < 0).orElse(longest));
    }

    private Duration left() {
        long start = begun.get();
        long now = nanoTime.getAsLong();
        if (start == NEVER || isOver(start, now)) {
            return length;
        }
        Duration left = length.minusNanos(now - start);
        return left.compareTo(LEAST) < 0 ? LEAST : left;
    }
}
