package dev.meshctl.proxy.telemetry;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.Window;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import org.HdrHistogram.AbstractHistogram;

/** A window as it travels. */
final class WindowMessage {
    private WindowMessage() {}

    static Window of(String node, Instant start, Duration length, SeriesTable table) {
        Window.Builder window = Window.newBuilder()
                .setNode(node)
                .setStartEpochMs(start.toEpochMilli())
                .setLengthMs((int) Math.clamp(length.toMillis(), 0, Integer.MAX_VALUE))
                .setDroppedSeries(table.dropped());
        table.cells().forEach((key, cell) -> window.addSeries(series(key, cell)));
        return window.build();
    }

    private static Series series(SeriesKey key, SeriesCell cell) {
        Series.Builder series = Series.newBuilder()
                .setDirection(key.direction() == dev.meshctl.proxy.flow.Direction.INBOUND
                        ? Direction.INBOUND : Direction.OUTBOUND)
                .setSourceIdentity(key.sourceText())
                .setSourceService(key.sourceServiceText())
                .setSourceCluster(key.sourceCluster())
                .setDestinationService(key.destinationText())
                .setDestinationVersion(key.version())
                .setDestinationCluster(key.cluster())
                .setProtocol(key.protocol().label())
                .setMtls(key.mtls())
                .setRoute(key.route())
                .setViaGateway(key.viaGateway())
                .setRequests(cell.requests)
                .putAllByStatus(cell.byStatus.toMap())
                .setFailures(cell.failures)
                .setRetries(cell.retries)
                .setDenied(cell.denied)
                .setLatencyUs(compressed(cell.latencyUs))
                .setBytesReceived(cell.bytesReceived)
                .setBytesSent(cell.bytesSent);
        cell.failureCauses().forEach((cause, count) -> series.putFailureCauses(cause.label(), count));
        return series.build();
    }

    private static ByteString compressed(AbstractHistogram histogram) {
        ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(buffer);
        return ByteString.copyFrom(buffer.array(), 0, length);
    }
}
