package dev.meshctl.proxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Watches every buffer for being released. Netty makes the detector of buffers with the first one, in whatever test that
 * is; so the build names this one by the system property {@code io.netty.customResourceLeakDetector}.
 */
public final class Leaks {
    static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

    private Leaks() {}

    /** Tells of what was forgotten. */
    public static final class Detector<T> extends ResourceLeakDetector<T> {
        /** As Netty calls it by the system property. */
        @SuppressWarnings("deprecation")
        public Detector(Class<?> resource, int samplingInterval) {
            super(resource, samplingInterval, Long.MAX_VALUE);
        }

        @Override
        protected void reportTracedLeak(String type, String records) {
            FOUND.add(type + records);
        }

        @Override
        protected void reportUntracedLeak(String type) {
            FOUND.add(type);
        }
    }

    /** To be called before the first buffer is made; from now on no buffer is left out. */
    public static void watch() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new ResourceLeakDetectorFactory() {
            @Override
            @SuppressWarnings("deprecation")
            public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                    Class<T> resource, int samplingInterval, long maxActive) {
                return new Detector<>(resource, samplingInterval);
            }
        });
    }

    /** Fails if a buffer was forgotten so far. */
    public static void assertNone() {
        for (int i = 0; i < 3; i++) {
            look();
        }
        assertThat(FOUND).as("buffers that nobody released").isEmpty();
    }

    /** Has what nobody holds any more collected, and the detector told of it. */
    static void look() {
        System.gc();
        ByteBufAllocator.DEFAULT.buffer(16).release(); // makes the detector look at its queue
    }
}
