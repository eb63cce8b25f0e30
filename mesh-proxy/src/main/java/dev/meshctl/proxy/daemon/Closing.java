package dev.meshctl.proxy.daemon;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;

/** Closes what was opened, last first; one failure does not keep the rest open. */
final class Closing implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Closing.class.getName());

    private record Step(String name, AutoCloseable what) {}

    private final Deque<Step> steps = new ArrayDeque<>();

    <C extends AutoCloseable> C add(String name, C what) {
        steps.push(new Step(name, what));
        return what;
    }

    @Override
    public void close() {
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            try {
                step.what().close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                LOG.log(Level.WARNING, step.name() + " did not close cleanly", e);
            }
        }
    }
}
