package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The backends of a rule with their shares. Immutable. */
final class WeightedBackends {
    private final List<CompiledBackend> backends;
    private final long totalWeight;

    WeightedBackends(List<CompiledBackend> backends) {
        this.backends = List.copyOf(backends);
        this.totalWeight = backends.stream().mapToLong(CompiledBackend::weight).sum();
    }

    static WeightedBackends compile(List<Backend> wire, String namespace) throws InvalidConfig {
        List<CompiledBackend> backends = new ArrayList<>(wire.size());
        for (int i = 0; i < wire.size(); i++) {
            try {
                backends.add(CompiledBackend.compile(wire.get(i), namespace));
            } catch (InvalidConfig e) {
                throw e.within("backends[" + i + "]");
            }
        }
        return new WeightedBackends(backends);
    }

    List<CompiledBackend> all() {
        return backends;
    }

    /** A backend by weight; null if there are none, or none with a weight. */
    @Nullable CompiledBackend pick(RandomGenerator random) {
        if (totalWeight == 0) {
            return null;
        }
        long at = backends.size() == 1 ? 0 : random.nextLong(totalWeight);
        for (CompiledBackend backend : backends) {
            at -= backend.weight();
            if (at < 0) {
                return backend;
            }
        }
        return null;
    }
}
