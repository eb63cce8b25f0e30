package dev.meshctl.cli.command.install;

import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.output.Times;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** The components of meshes, as {@code status} shows them. */
final class ComponentTable {
    record Row(String cluster, ComponentProcess process, String version) {}

    /** On 80 columns without addresses, process ids and what is the same in most rows. */
    static final Table<Row> TABLE = Table.<Row>of(row -> row.cluster() + "/" + row.process().name(), row -> data(row.process(), row.version()))
            .column("CLUSTER", Row::cluster)
            .column("COMPONENT", row -> row.process().name())
            .column("STATE", row -> state(row.process()), row -> row.process().ready() ? Style.GOOD : Style.BAD)
            .spare(3, "PID", row -> row.process().pid() == 0 ? "" : Long.toString(row.process().pid()))
            .column("UP", row -> row.process().startedEpochMs() == 0 ? ""
                    : Times.ago(Instant.ofEpochMilli(row.process().startedEpochMs()), Instant.now()))
            .spare(1, "RESTARTS", row -> Integer.toString(row.process().restarts()))
            .spare(2, "VERSION", row -> row.version().isEmpty() ? "unknown" : row.version(),
                    row -> row.version().isEmpty() ? Style.WARN : Style.PLAIN)
            .spare(4, "ADDRESSES", row -> String.join(" ", row.process().listen()))
            .wide("IMAGE", row -> row.process().image())
            .wide("LAST EXIT", row -> row.process().lastExit());

    private ComponentTable() {}

    private static String state(ComponentProcess process) {
        if (process.held()) {
            return "held";
        }
        if (process.crashLoop()) {
            return "crash loop";
        }
        return process.ready() ? "ready" : process.runs() ? "starting" : "down";
    }

    static Map<String, Object> data(ComponentProcess process, String version) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("name", process.name());
        data.put("state", state(process));
        data.put("pid", process.pid());
        data.put("version", version);
        data.put("image", process.image());
        data.put("crashLoop", process.crashLoop());
        data.put("restarts", process.restarts());
        data.put("lastExit", process.lastExit());
        data.put("startedEpochMs", process.startedEpochMs());
        data.put("listen", process.listen());
        return data;
    }
}
