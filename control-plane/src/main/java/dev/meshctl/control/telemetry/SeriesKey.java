package dev.meshctl.control.telemetry;

import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.Series;

/** What tells one series from another. Routes are not told apart here. */
record SeriesKey(
        Direction direction,
        String sourceIdentity,
        String sourceService,
        String sourceCluster,
        String destinationService,
        String destinationVersion,
        String destinationCluster,
        String protocol,
        boolean mtls,
        boolean viaGateway) {
    private static final int MAX_TEXT = 512;

    static SeriesKey of(Series series) {
        return new SeriesKey(series.getDirection(), bounded(series.getSourceIdentity()),
                bounded(series.getSourceService()), bounded(series.getSourceCluster()),
                bounded(series.getDestinationService()), bounded(series.getDestinationVersion()),
                bounded(series.getDestinationCluster()), bounded(series.getProtocol()), series.getMtls(),
                series.getViaGateway());
    }

    private static String bounded(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }
}
