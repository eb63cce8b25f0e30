package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Follows all kinds by informers, each in a version that the API server serves. */
final class FollowedKinds {
    /** Objects of a kind that are asked for at one look; more are asked for at the next ones. */
    private static final int MAX_ASKED = 50;

    private static final System.Logger LOG = System.getLogger(FollowedKinds.class.getName());

    private final Informers informers;
    private final ServedVersions versions;
    private final ObjectCalls calls;
    private final KnownObjects objects;
    private final Counters counters;
    private final Map<Kind, SharedIndexInformer<GenericKubernetesResource>> followed = new HashMap<>();

    /** Adds what is followed to the informers. */
    FollowedKinds(Informers informers, ServedVersions versions, ObjectCalls calls, KnownObjects objects, Counters counters) {
        this.informers = informers;
        this.versions = versions;
        this.calls = calls;
        this.objects = objects;
        this.counters = counters;
        for (Kind kind : KubernetesStore.KINDS) {
            SharedIndexInformer<GenericKubernetesResource> informer = informers.add(kind.plural(), calls.informer(kind));
            informer.addEventHandler(new Follow(kind));
            followed.put(kind, informer);
        }
    }

    /**
     * Follows kinds in the version that the API server serves now, as after their custom resource definitions were
     * installed, upgraded or deleted. To be called now and then, by one thread.
     *
     * @return true if a kind is followed anew
     */
    boolean followServedVersions() {
        boolean anew = false;
        for (Kind kind : KubernetesStore.KINDS) {
            if (kind.versions().size() > 1 && versions.look(kind)) {
                SharedIndexInformer<GenericKubernetesResource> informer = calls.informer(kind);
                informer.addEventHandler(new Follow(kind));
                followed.put(kind, informers.replace(kind.plural(), informer));
                counters.increment("kind_followed_anew");
                anew = true;
            }
        }
        followed.forEach(this::forgetWhatIsGone);
        return anew;
    }

    /**
     * What the informer does not know is asked for: it may have been deleted while nobody was told of that, or an answer to a
     * write of it came only after the news that it is gone.
     */
    private void forgetWhatIsGone(Kind kind, SharedIndexInformer<GenericKubernetesResource> informer) {
        if (informer.hasSynced()) {
            Set<String> there = Set.copyOf(informer.getStore().listKeys());
            List<ResourceKey> unknown = objects.of(kind).keySet().stream()
                    .filter(key -> !there.contains(kind.namespaced() ? key.namespace() + "/" + key.name() : key.name()))
                    .limit(MAX_ASKED).toList();
            unknown.forEach(key -> objects.get(key).ifPresent(known -> ask(kind, key, known.object())));
        }
    }

    private void ask(Kind kind, ResourceKey key, GenericKubernetesResource known) {
        try {
            Optional<GenericKubernetesResource> there = calls.read(kind, key);
            if (there.isPresent()) {
                objects.take(kind, there.get()); // the informer is behind
            } else {
                counters.increment("resource_end_missed");
                objects.deleted(kind, known);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "{0}; asking again", e.getMessage());
        }
    }

    private final class Follow implements ResourceEventHandler<GenericKubernetesResource> {
        private final Kind kind;

        Follow(Kind kind) {
            this.kind = kind;
        }

        @Override
        public void onAdd(GenericKubernetesResource object) {
            objects.take(kind, object);
        }

        @Override
        public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource after) {
            objects.take(kind, after);
        }

        @Override
        public void onDelete(GenericKubernetesResource object, boolean finalStateUnknown) {
            if (finalStateUnknown) {
                objects.forget(kind, object);
            } else {
                objects.deleted(kind, object);
            }
        }
    }
}
