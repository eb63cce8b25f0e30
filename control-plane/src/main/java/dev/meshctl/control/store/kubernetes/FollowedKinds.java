package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Follows all kinds by informers, each in a version that the API server serves. */
final class FollowedKinds {
    private final Informers informers;
    private final ServedVersions versions;
    private final ObjectCalls calls;
    private final KnownObjects objects;
    private final Counters counters;
    private final Map<Kind, SharedIndexInformer<GenericKubernetesResource>> unsettled = new HashMap<>();

    /** Adds what is followed to the informers. */
    FollowedKinds(Informers informers, ServedVersions versions, ObjectCalls calls, KnownObjects objects, Counters counters) {
        this.informers = informers;
        this.versions = versions;
        this.calls = calls;
        this.objects = objects;
        this.counters = counters;
        for (Kind kind : KubernetesStore.KINDS) {
            informers.add(kind.plural(), calls.informer(kind)).addEventHandler(new Follow(kind));
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
                unsettled.put(kind, informers.replace(kind.plural(), informer));
                counters.increment("kind_followed_anew");
                anew = true;
            }
        }
        unsettled.entrySet().removeIf(entry -> settled(entry.getKey(), entry.getValue()));
        return anew;
    }

    /** What was deleted while nobody was told of it is forgotten, once it is known what there is. */
    private boolean settled(Kind kind, SharedIndexInformer<GenericKubernetesResource> informer) {
        if (!informer.hasSynced()) {
            return false;
        }
        Set<String> there = Set.copyOf(informer.getStore().listKeys());
        for (ResourceKey key : objects.of(kind)) {
            if (!there.contains(key.namespace() + "/" + key.name())) {
                objects.object(key).ifPresent(object -> objects.forget(kind, object));
            }
        }
        return true;
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
            objects.forget(kind, object);
        }
    }
}
