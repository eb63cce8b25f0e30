package dev.meshctl.control.store;

import dev.meshctl.runtime.daemon.Counters;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Who is told of changes of a store. One that fails is counted and keeps the news from no other. */
public final class OutcomeListeners {
    private static final System.Logger LOG = System.getLogger(OutcomeListeners.class.getName());

    private final Counters counters;
    private final List<Consumer<List<Outcome>>> listeners = new CopyOnWriteArrayList<>();

    /** @param counters get {@code change_not_taken} */
    public OutcomeListeners(Counters counters) {
        this.counters = counters;
    }

    public void add(Consumer<List<Outcome>> listener) {
        listeners.add(listener);
    }

    /** Tells those of the outcomes that have changed something, if any. */
    public void tell(List<Outcome> outcomes) {
        List<Outcome> changed = outcomes.stream().filter(Outcome::changed).toList();
        if (changed.isEmpty()) {
            return;
        }
        for (Consumer<List<Outcome>> listener : listeners) {
            try {
                listener.accept(changed);
            } catch (RuntimeException e) {
                counters.increment("change_not_taken");
                LOG.log(System.Logger.Level.ERROR, () -> "the change of " + changed.getFirst().key() + " was not taken", e);
            }
        }
    }
}
