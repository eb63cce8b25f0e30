package dev.meshctl.cli.command;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Version;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code version}: of this meshctl and the Java it runs on. */
@Command(name = "version", description = "Show the version.")
final class VersionCommand extends MeshCommand {
    VersionCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        if (console().format().isStructured()) {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("version", Version.current());
            data.put("java", Runtime.version().toString());
            data.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
            console().data(data);
        } else {
            console().out("meshctl " + Version.current());
        }
        return ExitCode.OK;
    }
}
