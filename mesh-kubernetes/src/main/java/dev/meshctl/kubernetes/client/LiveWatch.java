package dev.meshctl.kubernetes.client;

import java.io.IOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Breaks a watch whose other end is gone without a word, as an API server behind a load balancer that forgot the
 * connection: the client pings, and every answer and every event is a sign of life. Whoever watches connects again, and
 * hears what it missed. Silence does not count while the watcher is at work on an event and takes nothing more.
 */
final class LiveWatch implements WebSocket.Listener {
    /** The connection of a watch was lost; it goes on from where it was, on the next one. */
    static final String BROKEN = "watch_broken";
    /** The watch has been silent for too long. */
    static final String SILENT = "watch_silent";
    /** What the watch was to go on from is no longer kept (410): all is listed anew. */
    static final String GONE = "watch_gone";

    private final WebSocket.Listener inner;
    private final Duration silence;
    private final Consumer<String> faults;
    private final AtomicBoolean over = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final LongSupplier nanoTime;
    private volatile long lastSignNanos;
    private volatile boolean atWork;
    private volatile @Nullable WebSocket socket;

    LiveWatch(WebSocket.Listener inner, Duration silence, Consumer<String> faults) {
        this(inner, silence, faults, System::nanoTime);
    }

    LiveWatch(WebSocket.Listener inner, Duration silence, Consumer<String> faults, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.inner = inner;
        this.silence = silence;
        this.faults = faults;
    }

    private void sign() {
        lastSignNanos = nanoTime.getAsLong();
    }

    private WebSocket seen(WebSocket given) {
        WebSocket known = socket;
        if (known == null) {
            known = new Demand(given);
            socket = known;
        }
        return known;
    }

    @Override
    public void onOpen(WebSocket given) {
        sign();
        WebSocket seen = seen(given);
        Thread.ofVirtual().name("watch-silence").start(() -> look(seen));
        inner.onOpen(seen);
    }

    private void look(WebSocket seen) {
        try {
            while (!ended.await(Math.max(1, silence.toMillis() / 4), TimeUnit.MILLISECONDS)) {
                breakIfSilent(seen);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void breakIfSilent(WebSocket seen) {
        if (!atWork && nanoTime.getAsLong() - lastSignNanos > silence.toNanos() && over.compareAndSet(false, true)) {
            ended.countDown();
            faults.accept(SILENT);
            seen.abort();
            inner.onError(seen, new IOException("the API server has said nothing for " + silence.toSeconds()
                    + " s on this watch, not even to a ping"));
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket given, CharSequence data, boolean last) {
        sign();
        atWork = true;
        if (isGone(data)) {
            faults.accept(GONE);
        }
        return inner.onText(seen(given), data, last);
    }

    /** By the start of the event, which is short and comes whole. */
    private static boolean isGone(CharSequence data) {
        if (data.length() > 4096) {
            return false;
        }
        String text = data.toString().replace(" ", "");
        return text.contains("\"type\":\"ERROR\"") && text.contains("\"code\":410");
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket given, ByteBuffer data, boolean last) {
        sign();
        atWork = true;
        return inner.onBinary(seen(given), data, last);
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket given, ByteBuffer message) {
        sign();
        return inner.onPing(seen(given), message);
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket given, ByteBuffer message) {
        sign();
        return inner.onPong(seen(given), message);
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket given, int statusCode, String reason) {
        ended.countDown();
        if (!over.compareAndSet(false, true)) {
            return null;
        }
        if (statusCode != WebSocket.NORMAL_CLOSURE) {
            faults.accept(BROKEN);
        }
        return inner.onClose(seen(given), statusCode, reason);
    }

    @Override
    public void onError(WebSocket given, Throwable error) {
        ended.countDown();
        if (over.compareAndSet(false, true)) {
            faults.accept(BROKEN);
            inner.onError(seen(given), error);
        }
    }

    /** The socket, which tells when its reader asks for more. */
    private final class Demand implements WebSocket {
        private final WebSocket inner;

        Demand(WebSocket inner) {
            this.inner = inner;
        }

        @Override
        public void request(long n) {
            sign();
            atWork = false;
            inner.request(n);
        }

        @Override
        public CompletableFuture<WebSocket> sendText(CharSequence data, boolean last) {
            return inner.sendText(data, last);
        }

        @Override
        public CompletableFuture<WebSocket> sendBinary(ByteBuffer data, boolean last) {
            return inner.sendBinary(data, last);
        }

        @Override
        public CompletableFuture<WebSocket> sendPing(ByteBuffer message) {
            return inner.sendPing(message);
        }

        @Override
        public CompletableFuture<WebSocket> sendPong(ByteBuffer message) {
            return inner.sendPong(message);
        }

        @Override
        public CompletableFuture<WebSocket> sendClose(int statusCode, String reason) {
            return inner.sendClose(statusCode, reason);
        }

        @Override
        public String getSubprotocol() {
            return inner.getSubprotocol();
        }

        @Override
        public boolean isOutputClosed() {
            return inner.isOutputClosed();
        }

        @Override
        public boolean isInputClosed() {
            return inner.isInputClosed();
        }

        @Override
        public void abort() {
            inner.abort();
        }
    }
}
