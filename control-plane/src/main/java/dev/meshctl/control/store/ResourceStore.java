package dev.meshctl.control.store;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What users want, as resources. Reading never waits for writing. */
public interface ResourceStore {
    /**
     * Adds who is told of each change, wherever it was made, on the changing thread and after it is stored. Must not
     * write itself.
     */
    void listen(Consumer<List<Outcome>> listener);

    Optional<Resource> get(ResourceKey key);

    default <R extends Resource> Optional<R> get(Class<R> type, ResourceKey key) {
        return get(key).filter(type::isInstance).map(type::cast);
    }

    /** Everything, by kind, namespace and name; unmodifiable. */
    Map<ResourceKey, Resource> all();

    /** All resources of a kind, by namespace and name. */
    default <R extends Resource> List<R> all(Class<R> type) {
        return all().values().stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** The resources of a kind in one namespace, by name. */
    <R extends Resource> List<R> in(Kind kind, Class<R> type, String namespace);

    /** What is said of a resource beside it, by whoever keeps it; empty where nobody keeps any such thing. */
    default Optional<Observed> observed(ResourceKey key) {
        return Optional.empty();
    }

    /** What could not be read and has not been replaced since. */
    List<Quarantined> quarantined();

    /** What {@link #write} would do. */
    List<Outcome> preview(List<Change> changes) throws ConflictException;

    /**
     * Makes all changes. Whether all or none are made when one fails is the store's to say.
     *
     * @return one outcome for each change
     * @throws ConflictException if a change is for a version that is not the current one
     * @throws IOException if it could not be written: the disk is full, the API server is away or forbids it
     */
    List<Outcome> write(List<Change> changes) throws ConflictException, IOException;
}
