package dev.meshctl.cli.top;

import dev.meshctl.api.proto.admin.QueryTelemetryRequest;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Services and their golden signals over the last seconds, drawn again every second. */
public final class LiveTable {
    private static final int WINDOW_SECONDS = 10;
    private static final Duration REFRESH = Duration.ofSeconds(1);
    private static final int DEADLINE_SECONDS = 3;

    private final Connections connections;
    private final List<Cluster> clusters;
    private final Console console;

    public LiveTable(Connections connections, List<Cluster> clusters, Console console) {
        this.connections = connections;
        this.clusters = List.copyOf(clusters);
        this.console = console;
    }

    /**
     * Draws until the thread is interrupted or the process ends. In a pipe it prints one table every ten seconds.
     *
     * @param ending true while the clusters are being taken down: that they do not answer then is no news
     */
    public void showUntilInterrupted(String title, BooleanSupplier ending) throws InterruptedException {
        while (true) {
            List<String> away = new ArrayList<>();
            List<ServiceSignals> rows = signals(away);
            if (!ending.getAsBoolean()) {
                draw(title, rows, away);
            }
            Thread.sleep(console.isTerminal() ? REFRESH : REFRESH.multipliedBy(10));
        }
    }

    private void draw(String title, List<ServiceSignals> rows, List<String> away) {
        if (console.isTerminal()) {
            console.outRaw("\u001b[H\u001b[2J" + title + "\n\n");
        }
        console.print(table(), rows, "no requests in the last " + WINDOW_SECONDS + " s");
        away.forEach(console::warn);
    }

    /** What all clusters saw. A cluster that does not answer is named in {@code away}. */
    public List<ServiceSignals> signals(List<String> away) {
        List<ServiceSignals> rows = new ArrayList<>();
        for (Cluster cluster : clusters) {
            try {
                rows.addAll(ServiceSignals.of(cluster.name(), connections.admin(cluster)
                        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                        .queryTelemetry(QueryTelemetryRequest.newBuilder()
                                .setLastSeconds(WINDOW_SECONDS).setDirection("outbound").build())
                        .getSeriesList()));
            } catch (StatusRuntimeException e) {
                away.add("cluster " + cluster.name() + " does not answer: " + e.getStatus().getCode());
            }
        }
        return rows;
    }

    /** How the rows are shown. */
    public static Table<ServiceSignals> table() {
        return Table.of(ServiceSignals::service, ServiceSignals::toData)
                .column("CALLERS IN", ServiceSignals::callersIn)
                .column("SERVICE", ServiceSignals::service)
                .column("VERSION", ServiceSignals::version)
                .column("SERVED BY", row -> row.target() + (row.viaGateway() ? " (gateways)" : ""))
                .column("REQ/S", row -> decimal(row.requestsPerSecond()))
                .column("SUCCESS", row -> decimal(row.successPercent()) + " %",
                        row -> row.successPercent() >= 99 ? Style.GOOD : row.successPercent() >= 95 ? Style.WARN : Style.BAD)
                .column("P50 MS", row -> decimal(row.latency().p50()))
                .column("P99 MS", row -> decimal(row.latency().p99()))
                .column("MTLS", row -> row.mtls() ? "yes" : "no", row -> row.mtls() ? Style.GOOD : Style.BAD);
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
