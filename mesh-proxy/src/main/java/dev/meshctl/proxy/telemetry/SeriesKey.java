package dev.meshctl.proxy.telemetry;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.FlowRecord;
import org.jspecify.annotations.Nullable;

/** What flows are counted by. Holds values as the data path has them, so that counting formats nothing. */
record SeriesKey(
        Direction direction,
        @Nullable SpiffeId source,
        @Nullable ServiceName sourceService,
        String sourceCluster,
        @Nullable ServiceName destination,
        String version,
        String cluster,
        FlowProtocol protocol,
        boolean mtls,
        String route,
        boolean viaGateway) {
    /** The name under which everything over the bound is counted. */
    static final String OTHER = "other";

    static SeriesKey of(FlowRecord flow) {
        return new SeriesKey(
                flow.direction(),
                flow.source(),
                flow.sourceService(),
                flow.sourceCluster(),
                flow.destination(),
                flow.version(),
                flow.cluster(),
                flow.protocol(),
                flow.mtls(),
                flow.route(),
                flow.viaGateway());
    }

    /** The series that takes flows of this direction when there is no room for their own. */
    static SeriesKey other(Direction direction) {
        return new SeriesKey(
                direction, null, null, "", null, "", "", FlowProtocol.UNKNOWN, false, OTHER, false);
    }

    String sourceText() {
        return source == null ? "" : source.toString();
    }

    String sourceServiceText() {
        return sourceService == null ? "" : sourceService.toString();
    }

    String destinationText() {
        return destination == null ? "" : destination.toString();
    }
}
