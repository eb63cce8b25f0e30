package dev.meshctl.cli.platform.local;

import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the supervisor remembers over its own death: which processes it started.
 *
 * @param supervisor itself
 * @param components by name
 */
record SupervisorState(OwnedProcess supervisor, Map<String, Daemon> components) {
    private static final int MAX_BYTES = 64 * 1024;

    static final SupervisorState EMPTY = new SupervisorState(OwnedProcess.NONE, Map.of());

    /**
     * One daemon.
     *
     * @param restarts since install
     * @param quickExits how often in a row it ended soon after its start
     * @param lastExit how it last ended; empty if it never did
     */
    record Daemon(OwnedProcess process, int restarts, int quickExits, String lastExit) {
        static final Daemon NONE = new Daemon(OwnedProcess.NONE, 0, 0, "");

        private static final int CRASH_LOOP = 3;

        /** True if it will most likely end again. */
        boolean isCrashLoop() {
            return quickExits >= CRASH_LOOP;
        }
    }

    SupervisorState {
        components = Map.copyOf(components);
    }

    Daemon of(Component component) {
        return components.getOrDefault(component.directory(), Daemon.NONE);
    }

    SupervisorState with(Component component, Daemon daemon) {
        Map<String, Daemon> changed = new TreeMap<>(components);
        changed.put(component.directory(), daemon);
        return new SupervisorState(supervisor, changed);
    }

    /** The stored state; an unreadable file counts as none, daemons then keep others out by their own locks. */
    static SupervisorState read(Path file) throws IOException {
        try {
            return DurableFile.read(file, MAX_BYTES).map(bytes -> parse(JsonMapper.shared().readTree(bytes))).orElse(EMPTY);
        } catch (JacksonException e) {
            return EMPTY;
        }
    }

    void write(Path file) throws IOException {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("supervisor", data(supervisor));
        Map<String, Object> byName = new TreeMap<>();
        components.forEach((name, daemon) -> {
            Map<String, Object> data = data(daemon.process());
            data.put("restarts", daemon.restarts());
            data.put("quickExits", daemon.quickExits());
            data.put("lastExit", daemon.lastExit());
            byName.put(name, data);
        });
        root.put("components", byName);
        DurableFile.write(file, JsonMapper.shared().writeValueAsBytes(root), DurableFile.PRIVATE);
    }

    private static Map<String, Object> data(OwnedProcess process) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("pid", process.pid());
        data.put("startedEpochMs", process.startedEpochMs());
        data.put("mark", process.mark());
        return data;
    }

    private static SupervisorState parse(JsonNode root) {
        Map<String, Daemon> components = new TreeMap<>();
        root.path("components").properties().forEach(entry -> components.put(entry.getKey(), new Daemon(
                process(entry.getValue()), entry.getValue().path("restarts").asInt(0),
                entry.getValue().path("quickExits").asInt(0),
                entry.getValue().path("lastExit").asString(""))));
        return new SupervisorState(process(root.path("supervisor")), components);
    }

    private static OwnedProcess process(JsonNode node) {
        return new OwnedProcess(node.path("pid").asLong(0), node.path("startedEpochMs").asLong(0), node.path("mark").asString(""));
    }
}
