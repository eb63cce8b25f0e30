package dev.meshctl.cli.run;

import dev.meshctl.cli.output.Times;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** A process and its hosting: watches readiness, passes signals on, drains before it stops. */
final class HostedProcess implements RunningWorkload {
    private static final long STARTING_POLL_MS = 25;
    private static final long STEADY_POLL_MS = 2000;
    private static final int CONNECT_MS = 500;

    private final RunSpec spec;
    private final Hosting hosting;
    private final Optional<Process> process;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final CountDownLatch firstReady = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean draining = new AtomicBoolean();

    HostedProcess(RunSpec spec, Hosting hosting, Optional<Process> process) {
        this.spec = spec;
        this.hosting = hosting;
        this.process = process;
        process.ifPresent(child -> Thread.ofVirtual().name("exit of " + hosting.id()).start(() -> awaitChild(child)));
        Thread.ofVirtual().name("readiness of " + hosting.id()).start(this::watchReadiness);
    }

    private void awaitChild(Process child) {
        try {
            int code = child.waitFor();
            finish(code);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void finish(int code) {
        ended.countDown();
        hosting.end();
        exit.complete(code);
    }

    private void watchReadiness() {
        try {
            boolean told = false;
            long pause = 0;
            while (!ended.await(pause, TimeUnit.MILLISECONDS)) {
                boolean now = acceptsConnections();
                if (now != told) {
                    hosting.ready(now);
                    told = now;
                }
                if (now) {
                    firstReady.countDown();
                }
                pause = now ? STEADY_POLL_MS : STARTING_POLL_MS;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // A client only has nothing to wait for.
    private boolean acceptsConnections() {
        for (RunSpec.Port port : spec.ports()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port.appPort()), CONNECT_MS);
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String id() {
        return hosting.id();
    }

    @Override
    public String spiffeId() {
        return hosting.now().getSpiffeId();
    }

    @Override
    public String outbound() {
        return hosting.now().getOutboundAddress();
    }

    @Override
    public String inbound() {
        return hosting.now().getInboundAddress();
    }

    @Override
    public Map<String, String> upstreams() {
        return hosting.now().getUpstreamsList().stream().collect(Collectors.toMap(
                upstream -> upstream.getHost() + ":" + upstream.getPort(), upstream -> upstream.getListenAddress(), (a, b) -> a));
    }

    @Override
    public boolean awaitReady(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (ended.getCount() > 0 && System.nanoTime() < deadline) {
            if (firstReady.await(STARTING_POLL_MS, TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public CompletableFuture<Integer> exit() {
        return exit;
    }

    @Override
    public void signal(String name) {
        process.filter(Process::isAlive).ifPresent(child -> {
            switch (name) {
                case "TERM" -> child.destroy();
                case "KILL" -> child.destroyForcibly();
                default -> kill(name, child.pid());
            }
        });
    }

    // The JDK knows only TERM and KILL; the shell's own kill is everywhere.
    private static void kill(String name, long pid) {
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid)
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            System.getLogger(HostedProcess.class.getName())
                    .log(System.Logger.Level.WARNING, "cannot pass SIG" + name + " on to " + pid, e);
        }
    }

    @Override
    public void stop(Duration timeout) {
        if (ended.getCount() > 0) {
            hosting.drain(spec.drain());
        }
        process.ifPresentOrElse(child -> stopChild(child, timeout), () -> finish(0));
    }

    private void stopChild(Process child, Duration timeout) {
        child.destroy();
        try {
            if (!child.waitFor(timeout)) {
                child.destroyForcibly();
                child.waitFor(Duration.ofSeconds(5));
            }
        } catch (InterruptedException e) {
            child.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void drainThenSignal(String name, boolean pass) {
        // Who signals a second time is in a hurry; and nobody calls a client, whose own calls must go on.
        if (draining.compareAndSet(false, true) && !spec.ports().isEmpty()) {
            hosting.drain(spec.drain());
        }
        if (pass) {
            signal(name);
        }
        if (name.equals("TERM")) {
            process.ifPresent(child -> Thread.ofVirtual().name("end of " + hosting.id()).start(() -> killAfterGrace(child)));
        }
    }

    private void killAfterGrace(Process child) {
        try {
            if (!child.waitFor(spec.killAfter())) {
                hosting.tell("meshctl: " + spec.command().getFirst() + " has not ended " + Times.brief(spec.killAfter())
                        + " after SIGTERM; it is killed");
                child.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop(Duration.ofSeconds(5));
    }
}
