package dev.meshctl.cli.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Whole command lines of processes; the JDK cuts off long ones. */
final class CommandLines {
    private CommandLines() {}

    static String of(ProcessHandle process) {
        Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
        try {
            if (Files.isDirectory(Path.of("/proc/self"))) {
                return Files.readString(file, StandardCharsets.ISO_8859_1).replace('\0', ' ');
            }
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            if (!process.isAlive()) {
                return "";
            }
            throw new UncheckedIOException(e);
        }
        return process.info().commandLine().orElse("");
    }
}
