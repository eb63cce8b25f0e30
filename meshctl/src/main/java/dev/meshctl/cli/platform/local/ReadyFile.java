package dev.meshctl.cli.platform.local;

import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a daemon says when it is ready.
 *
 * @param listen addresses, {@code ip:port}
 */
record ReadyFile(long pid, List<String> listen, long startedEpochMs) {
    private static final int MAX_BYTES = 64 * 1024;

    /** Empty while it is not ready, or if the file is of a process that has ended. */
    static Optional<ReadyFile> read(Path file) {
        try {
            return DurableFile.read(file, MAX_BYTES).map(bytes -> parse(JsonMapper.shared().readTree(bytes)))
                    .filter(ready -> ProcessHandle.of(ready.pid()).map(ProcessHandle::isAlive).orElse(false));
        } catch (IOException | JacksonException e) {
            return Optional.empty();
        }
    }

    private static ReadyFile parse(JsonNode root) {
        List<String> listen = new ArrayList<>();
        root.path("listen").properties().forEach(entry -> listen.add(entry.getValue().asString("")));
        return new ReadyFile(root.path("pid").asLong(0), listen, root.path("startedEpochMs").asLong(0));
    }
}
