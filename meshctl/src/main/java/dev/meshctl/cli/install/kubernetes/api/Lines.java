package dev.meshctl.cli.install.kubernetes.api;

import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Cuts a body that comes in pieces into lines, each of at most 64 KiB; what is longer becomes several. */
final class Lines implements AsyncBody.Consumer<List<ByteBuffer>> {
    private static final int MAX_LINE = 64 * 1024;

    private final Consumer<String> line;
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

    Lines(Consumer<String> line) {
        this.line = line;
    }

    @Override
    public synchronized void consume(List<ByteBuffer> pieces, AsyncBody body) {
        for (ByteBuffer piece : pieces) {
            while (piece.hasRemaining()) {
                byte next = piece.get();
                if (next == '\n' || begun.size() >= MAX_LINE) {
                    end();
                }
                if (next != '\n') {
                    begun.write(next);
                }
            }
        }
        body.consume();
    }

    /** What came after the last end of a line. */
    synchronized void endOfBody() {
        if (begun.size() > 0) {
            end();
        }
    }

    private void end() {
        String text = begun.toString(StandardCharsets.UTF_8);
        begun.reset();
        line.accept(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
    }
}
