package dev.meshctl.proxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** A stream of bytes whose every position has its value, written until the test has seen enough. */
public final class Pattern {
    /** Nobody is to write more than this while nobody reads. */
    public static final long CAP = 256L * 1024 * 1024;

    private static final int CHUNK = 16 * 1024;
    private static final int PERIOD = 251;

    private final AtomicBoolean enough = new AtomicBoolean();
    public final AtomicLong written = new AtomicLong();

    /** Writes until {@link #enough()} or the cap. */
    public void writeTo(OutputStream out) throws IOException {
        writeTo(out, CAP);
    }

    /** Writes until {@link #enough()} or this many bytes, whole chunks of 16 KiB. */
    public void writeTo(OutputStream out, long most) throws IOException {
        byte[] chunk = new byte[CHUNK];
        while (!enough.get() && written.get() < most) {
            fill(chunk, written.get());
            out.write(chunk);
            written.addAndGet(CHUNK);
        }
        out.flush();
    }

    /** The writer stops after the chunk that it writes now. */
    public void enough() {
        enough.set(true);
    }

    public static void fill(byte[] chunk, long position) {
        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = (byte) ((position + i) % PERIOD);
        }
    }

    /** Reads to the end; how many bytes came in order. Fails at the first that is not the one expected. */
    public static long readAll(InputStream in) throws IOException {
        return read(in, Long.MAX_VALUE);
    }

    /** Reads so many bytes, or to the end. */
    public static long read(InputStream in, long most) throws IOException {
        byte[] chunk = new byte[64 * 1024];
        long position = 0;
        int n;
        while (position < most && (n = in.read(chunk)) >= 0) {
            for (int i = 0; i < n; i++) {
                if (chunk[i] != (byte) ((position + i) % PERIOD)) {
                    throw new AssertionError("byte " + (position + i) + " is another one");
                }
            }
            position += n;
        }
        return position;
    }
}
