package dev.meshctl.proxy.flow;

import io.netty.util.internal.PlatformDependent;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The memory outside the heap that buffers of this process take, and its bound. At the bound an allocation fails
 * wherever it happens to be made, after the JVM has collected garbage and waited on that thread; so nothing new is
 * begun above seven eighths of it, and the last eighth is for ending what was. Called on event loops; neither waits
 * nor locks, and costs the read of one number.
 */
public final class BufferMemory {
    /** What is not begun when memory is short. */
    public enum Work {
        /** One that a client opened: it is closed. */
        CONNECTION("connection"),
        /** A request on a connection that is open: it is answered. */
        REQUEST("request");

        private final String label;

        Work(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    private static final long MIB = 1024 * 1024;

    private final LongSupplier used;
    private final long bound;
    private final long most;
    private final Map<Work, LongAdder> refused = new EnumMap<>(Work.class);

    /**
     * @param used bytes taken now; asked for each connection and each request
     * @param bound bytes that there are
     */
    public BufferMemory(LongSupplier used, long bound) {
        this.used = used;
        this.bound = bound;
        this.most = bound - bound / 8;
        for (Work work : Work.values()) {
            refused.put(work, new LongAdder());
        }
    }

    /** That of this process, bounded by {@code -XX:MaxDirectMemorySize}, or else by the size of the heap. */
    public static BufferMemory ofProcess() {
        return new BufferMemory(PlatformDependent::usedDirectMemory, PlatformDependent.maxDirectMemory());
    }

    /** True if this must not begin now; it is counted. */
    public boolean refuses(Work work) {
        if (used.getAsLong() <= most) {
            return false;
        }
        adder(work).increment();
        return true;
    }

    /** Bytes taken now: what the allocator holds, whether or not all of it is in use. */
    public long usedBytes() {
        return Math.max(0, used.getAsLong());
    }

    public long boundBytes() {
        return bound;
    }

    /** How often this was refused. */
    public long refused(Work work) {
        return adder(work).sum();
    }

    /** For the client that is refused. */
    public String detail() {
        return "the buffers of this proxy take " + usedBytes() / MIB + " of " + bound / MIB + " MiB";
    }

    /** True if this error, or a cause of it, is a lack of memory. */
    public static boolean exhausted(@Nullable Throwable error) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof OutOfMemoryError) {
                return true;
            }
        }
        return false;
    }

    private LongAdder adder(Work work) {
        LongAdder adder = refused.get(work);
        if (adder == null) {
            throw new IllegalStateException(work + " is not counted");
        }
        return adder;
    }
}
