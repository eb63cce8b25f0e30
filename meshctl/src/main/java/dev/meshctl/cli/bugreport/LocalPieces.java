package dev.meshctl.cli.bugreport;

import dev.meshctl.cli.proxy.LogFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a local cluster has on this machine. Of its files those are read that are named here, and no key is among them. */
final class LocalPieces {
    private static final List<String> COMPONENTS = List.of("trust-bridge", "control-plane", "federation-gateway", "mesh-proxy");
    private static final int LOG_LINES = 5000;

    private LocalPieces() {}

    static void gather(Gathering to) throws InterruptedException {
        Path directory = to.cluster().directory();
        to.text("supervisor/state.json", () -> small(directory.resolve("supervisor/state.json")));
        to.text("supervisor/console.log", () -> log(directory.resolve("supervisor/console.log")));
        for (String component : COMPONENTS) {
            Path of = directory.resolve(component);
            to.text(component + "/config.json", () -> small(of.resolve("config.json")));
            to.text(component + "/console.log", () -> log(of.resolve("console.log")));
            to.text(component + "/" + component + ".log", () -> log(of.resolve("log").resolve(component + ".log")));
        }
    }

    private static String log(Path file) throws IOException {
        return String.join("\n", new LogFile(file).last(LOG_LINES));
    }

    private static String small(Path file) throws IOException {
        if (Files.size(file) > ReportArchive.MAX_FILE) {
            throw new IOException(file + " has more than " + ReportArchive.MAX_FILE + " bytes");
        }
        return Files.readString(file);
    }
}
