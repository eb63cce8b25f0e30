package dev.meshctl.control.telemetry;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.Window;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.HdrHistogram.Histogram;

/** Windows as proxies push them. */
public final class Windows {
    private Windows() {}

    /** Of one proxy. */
    public static Window window(Instant start, int seconds, Series... series) {
        return Window.newBuilder()
                .setNode("proxy-1")
                .setStartEpochMs(start.toEpochMilli())
                .setLengthMs(seconds * 1000)
                .addAllSeries(List.of(series))
                .build();
    }

    /** Calls of payments.shop as its own side counts them, all equally long. */
    public static Series inbound(String version, long requests, long failures, long latencyMs) {
        Histogram histogram = new Histogram(3_600_000_000L, 2);
        histogram.recordValueWithCount(latencyMs * 1000, requests);
        ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(buffer);
        return Series.newBuilder()
                .setDirection(Direction.INBOUND)
                .setDestinationService("payments.shop")
                .setDestinationVersion(version)
                .setDestinationCluster("east")
                .setRequests(requests)
                .setFailures(failures)
                .putByStatus(200, requests - failures)
                .putByStatus(500, failures)
                .setLatencyUs(ByteString.copyFrom(buffer.array(), 0, length))
                .build();
    }
}
