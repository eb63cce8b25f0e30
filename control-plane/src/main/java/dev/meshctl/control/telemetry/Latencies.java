package dev.meshctl.control.telemetry;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** Latency histograms: microseconds up to one hour, two significant digits once merged. */
final class Latencies {
    private static final int MAX_BYTES = 64 * 1024;
    private static final int MAX_DIGITS = 3;
    private static final int MERGED_DIGITS = 2;
    private static final long MAX_MICROS = 3_600_000_000L;
    private static final double MICROS_PER_MILLI = 1000.0;

    private Latencies() {}

    /** Empty if the bytes are no histogram, or a larger one than a proxy makes. */
    static Optional<Histogram> decode(ByteString bytes) {
        if (bytes.isEmpty() || bytes.size() > MAX_BYTES) {
            return Optional.empty();
        }
        try {
            Histogram histogram = Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(bytes.toByteArray()), 0);
            return histogram.getNumberOfSignificantValueDigits() <= MAX_DIGITS ? Optional.of(histogram) : Optional.empty();
        } catch (DataFormatException | RuntimeException e) {
            return Optional.empty(); // whatever the decoder stumbles over, the sender is told by a count
        }
    }

    static Histogram empty() {
        return new Histogram(1, MAX_MICROS, MERGED_DIGITS);
    }

    static void merge(Histogram into, Histogram from) {
        from.recordedValues().forEach(value -> into.recordValueWithCount(
                Math.clamp(value.getValueIteratedTo(), 1, MAX_MICROS), value.getCountAddedInThisIterationStep()));
    }

    /** Milliseconds; 0 without requests. */
    static double percentileMs(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percentile) / MICROS_PER_MILLI;
    }
}
