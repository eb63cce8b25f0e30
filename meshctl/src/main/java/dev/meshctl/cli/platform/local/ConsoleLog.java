package dev.meshctl.cli.platform.local;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/** What daemons say on their standard output and error. */
final class ConsoleLog {
    private static final int TAIL_BYTES = 8 * 1024;
    private static final int MAX_LINE = 500;

    private ConsoleLog() {}

    /**
     * The last line that says something, without those of the JVM's own log.
     *
     * @param from the size of the file before the daemon started
     */
    static Optional<String> lastWords(Path log, long from) {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
            long begin = Math.max(Math.min(from, channel.size()), channel.size() - TAIL_BYTES);
            ByteBuffer tail = ByteBuffer.allocate(TAIL_BYTES);
            while (tail.hasRemaining() && channel.read(tail, begin + tail.position()) > 0) {
                // Reads on to the end.
            }
            List<String> lines = new String(tail.array(), 0, tail.position(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.isBlank() && !line.matches("\\[\\d+[.,]\\d+s]\\[.*")).toList();
            return lines.isEmpty() ? Optional.empty()
                    : Optional.of(lines.getLast().substring(0, Math.min(MAX_LINE, lines.getLast().length())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
