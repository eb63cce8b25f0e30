package dev.meshctl.proxy.host;

import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether an application accepts connections on all of its ports, by connecting to them: often while it
 * does not, once a second while it does. A refusal counts at once; a timeout, which may be a busy
 * machine, only when it comes twice in a row. An application without ports is ready.
 */
final class AppReadiness implements AutoCloseable {
    private static final Duration WHILE_READY = Duration.ofSeconds(1);
    private static final Duration UNTIL_READY = Duration.ofMillis(250);
    private static final int CONNECT_TIMEOUT_MS = 1000;
    private static final int TIMEOUTS_ALLOWED = 1;
    private static final System.Logger LOG = System.getLogger(AppReadiness.class.getName());

    private enum Outcome {
        ACCEPTS, SILENT, REFUSES
    }

    private final InetAddress address;
    private volatile List<Integer> ports;
    private final Consumer<Boolean> onChange;
    private final Runnable eachRound;
    private final Counters counters;
    private volatile boolean accepts;
    // What the side that runs the application says; it can only add a "no".
    private volatile boolean told = true;
    private boolean reported;
    private int timeouts;
    private @Nullable Thread thread;

    /**
     * @param onChange called on each change, from one thread at a time
     * @param eachRound called once per round of checks
     * @param counters get {@code readiness_check_failed}
     */
    AppReadiness(
            InetAddress address, Collection<Integer> ports, Consumer<Boolean> onChange, Runnable eachRound, Counters counters) {
        this.counters = counters;
        this.address = address;
        this.ports = List.copyOf(ports);
        this.onChange = onChange;
        this.eachRound = eachRound;
        this.accepts = ports.isEmpty();
    }

    void start(String workload) {
        thread = Thread.ofVirtual().name("readiness-" + workload).start(this::run);
    }

    /** Looks at other ports from the next round on. */
    void watch(Collection<Integer> others) {
        ports = List.copyOf(others);
    }

    boolean isReady() {
        return accepts && told;
    }

    void told(boolean ready) {
        told = ready;
        report();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                tryRound();
                Thread.sleep(accepts ? WHILE_READY : UNTIL_READY);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    // An application that nobody looks at any more would be what it was found last for good.
    private void tryRound() {
        try {
            check();
            eachRound.run();
        } catch (RuntimeException e) {
            counters.increment("readiness_check_failed");
            LOG.log(Level.ERROR, "readiness of the application at " + address + " not looked at; trying again", e);
        }
    }

    private void check() {
        Outcome worst = Outcome.ACCEPTS;
        for (int port : ports) {
            Outcome outcome = connect(port);
            worst = outcome.compareTo(worst) > 0 ? outcome : worst;
        }
        timeouts = worst == Outcome.SILENT ? timeouts + 1 : 0;
        accepts = worst == Outcome.ACCEPTS || (worst == Outcome.SILENT && accepts && timeouts <= TIMEOUTS_ALLOWED);
        report();
    }

    private Outcome connect(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), CONNECT_TIMEOUT_MS);
            return Outcome.ACCEPTS;
        } catch (SocketTimeoutException e) {
            return Outcome.SILENT;
        } catch (IOException e) {
            return Outcome.REFUSES;
        }
    }

    private synchronized void report() {
        boolean ready = isReady();
        if (ready != reported) {
            onChange.accept(ready);
            reported = ready; // not before: who could not be told is told again
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
