package dev.meshctl.control.registry.kubernetes;

import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Coming, changing and going as one: what was and what is. */
record Changes<T>(BiConsumer<Optional<T>, Optional<T>> change) implements ResourceEventHandler<T> {
    static <T> Changes<T> of(BiConsumer<Optional<T>, Optional<T>> change) {
        return new Changes<>(change);
    }

    @Override
    public void onAdd(T added) {
        change.accept(Optional.empty(), Optional.of(added));
    }

    @Override
    public void onUpdate(T before, T after) {
        change.accept(Optional.of(before), Optional.of(after));
    }

    @Override
    public void onDelete(T gone, boolean finalStateUnknown) {
        change.accept(Optional.of(gone), Optional.empty());
    }
}
