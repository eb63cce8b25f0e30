package dev.meshctl.cli.platform.local;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Daemons that live on a clock of their own, which moves when somebody waits. What is planned for a moment happens
 * on the waiting thread, once the clock is there; so a test with one keeper needs one thread, and no time.
 */
final class FakeDaemons implements Daemons, Daemons.Pace {
    private final Map<Long, Runnable> plan = new TreeMap<>();
    private final Map<Long, FakeChild> children = new LinkedHashMap<>();
    private final List<Component> starts = new ArrayList<>();
    private final List<Duration> pauses = new ArrayList<>();
    private Optional<Duration> life = Optional.empty();
    private String refusal = "";
    private long now;

    /** A daemon; it ends when told to, or at the end of the life that was set. */
    final class FakeChild implements Child {
        private final long pid;
        private final long endsAt;
        private boolean stopped;

        private FakeChild(long pid) {
            this.pid = pid;
            this.endsAt = life.map(length -> now + length.toNanos()).orElse(Long.MAX_VALUE);
        }

        @Override
        public OwnedProcess identity() {
            return new OwnedProcess(pid, 1, "fake");
        }

        @Override
        public boolean isAlive() {
            synchronized (FakeDaemons.this) {
                return !stopped && now < endsAt;
            }
        }

        @Override
        public void await(Duration limit) {
            advance(limit);
        }

        @Override
        public void stop(Duration grace) {
            synchronized (FakeDaemons.this) {
                stopped = true;
            }
        }

        @Override
        public String exit() {
            return stopped ? "killed by signal 15" : "exit code 1: address in use";
        }
    }

    /** From now on daemons end by themselves after this long. */
    synchronized void eachLives(Duration length) {
        life = Optional.of(length);
    }

    synchronized void eachLivesOn() {
        life = Optional.empty();
    }

    synchronized void refuseStarts(String why) {
        refusal = why;
    }

    /** Does something once this much time has passed since the beginning. */
    synchronized void at(Duration moment, Runnable action) {
        plan.merge(moment.toNanos(), action, (first, second) -> () -> {
            first.run();
            second.run();
        });
    }

    synchronized List<Component> starts() {
        return List.copyOf(starts);
    }

    /** The waits between an end and the next start, and between looks at what keeps a daemon from starting. */
    synchronized List<Duration> pauses() {
        return List.copyOf(pauses);
    }

    synchronized List<FakeChild> alive() {
        return children.values().stream().filter(FakeChild::isAlive).toList();
    }

    @Override
    public synchronized Child start(Component component) throws IOException {
        if (!refusal.isEmpty()) {
            throw new IOException(refusal);
        }
        starts.add(component);
        FakeChild child = new FakeChild(100 + children.size());
        children.put(child.pid, child);
        return child;
    }

    @Override
    public synchronized Optional<Child> find(OwnedProcess known) {
        return Optional.ofNullable(children.get(known.pid())).filter(FakeChild::isAlive).map(child -> child);
    }

    @Override
    public synchronized long nanos() {
        return now;
    }

    @Override
    public void pause(Duration length) {
        synchronized (this) {
            pauses.add(length);
        }
        advance(length);
    }

    private void advance(Duration length) {
        List<Runnable> due = new ArrayList<>();
        synchronized (this) {
            now += length.toNanos();
            plan.entrySet().removeIf(entry -> entry.getKey() <= now && due.add(entry.getValue()));
        }
        due.forEach(Runnable::run);
    }
}
