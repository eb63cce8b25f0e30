package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.WriteRefused;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * Writes of objects: always for the version that was read, the status apart through its subresource. A write that
 * asks for no version is for what is there when it is made, and repeated on what has come in between, a few times.
 *
 * <p>A write whose answer was lost is made again by the client, and finds its own effect: that is no conflict.
 */
final class ObjectCalls {
    private static final int ATTEMPTS = 4;

    private final KubernetesClient client;
    private final ServedVersions versions;
    private final ObjectReader reader;
    private final ObjectWriter writer;
    private final Counters counters;

    ObjectCalls(KubernetesClient client, ServedVersions versions, ObjectReader reader, Counters counters) {
        this.client = client;
        this.versions = versions;
        this.reader = reader;
        this.writer = new ObjectWriter(client.getKubernetesSerialization());
        this.counters = counters;
    }

    private ResourceDefinitionContext context(Kind kind) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(kind.group())
                .withVersion(versions.of(kind))
                .withKind(kind.name())
                .withPlural(kind.plural())
                .withNamespaced(kind.namespaced())
                .build();
    }

    SharedIndexInformer<GenericKubernetesResource> informer(Kind kind) {
        return kind.namespaced()
                ? client.genericKubernetesResources(context(kind)).inAnyNamespace().runnableInformer(0)
                : client.genericKubernetesResources(context(kind)).runnableInformer(0);
    }

    private io.fabric8.kubernetes.client.dsl.Resource<GenericKubernetesResource> at(Kind kind, GenericKubernetesResource object) {
        // It may have been read in another version, before that one was no longer served.
        object.setApiVersion(versions.apiVersionOf(kind));
        return kind.namespaced()
                ? client.genericKubernetesResources(context(kind)).inNamespace(object.getMetadata().getNamespace()).resource(object)
                : client.genericKubernetesResources(context(kind)).resource(object);
    }

    private Optional<GenericKubernetesResource> get(Kind kind, ResourceKey key) {
        return Optional.ofNullable(kind.namespaced()
                ? client.genericKubernetesResources(context(kind)).inNamespace(key.namespace()).withName(key.name()).get()
                : client.genericKubernetesResources(context(kind)).withName(key.name()).get());
    }

    void delete(Kind kind, ResourceKey key) throws IOException {
        try {
            if (kind.namespaced()) {
                client.genericKubernetesResources(context(kind)).inNamespace(key.namespace()).withName(key.name()).delete();
            } else {
                client.genericKubernetesResources(context(kind)).withName(key.name()).delete();
            }
        } catch (KubernetesClientException e) {
            throw failed("deleted", key, e);
        }
    }

    /** @throws ConflictException if it is there already */
    GenericKubernetesResource create(Kind kind, Resource resource, boolean withStatus) throws ConflictException, IOException {
        try {
            GenericKubernetesResource created = at(kind, writer.fresh(resource, versions.apiVersionOf(kind))).create();
            return withStatus ? status(kind, created, resource) : created;
        } catch (KubernetesClientException e) {
            if (ApiFault.of(e) == ApiFault.CONFLICT) {
                return ownOr(kind, resource, withStatus);
            }
            throw failed("created", resource.key(), e);
        }
    }

    /** The object if it is just what was to be written, as it is after a write whose answer was lost. */
    private GenericKubernetesResource ownOr(Kind kind, Resource resource, boolean withStatus) throws ConflictException, IOException {
        Optional<GenericKubernetesResource> there = read(kind, resource.key());
        if (there.isEmpty() || !reader.says(resource, kind, there.get(), withStatus)) {
            throw conflict(resource, "another");
        }
        counters.increment("store_answer_lost");
        return there.get();
    }

    /**
     * Creates or replaces.
     *
     * @param known what is there, as far as is known
     * @param withStatus false: the status that is there stays
     */
    GenericKubernetesResource put(Kind kind, Resource resource, Optional<GenericKubernetesResource> known, boolean withStatus)
            throws ConflictException, IOException {
        String asked = resource.metadata().resourceVersion();
        if (!asked.isEmpty()) {
            if (known.isEmpty() || !known.get().getMetadata().getResourceVersion().equals(asked)) {
                throw conflict(resource, known.map(o -> o.getMetadata().getResourceVersion()).orElse(""));
            }
            return replace(kind, known.get(), resource, withStatus);
        }
        for (int attempt = 1; ; attempt++) {
            // Not what is known of it: that may be older, and say already what is to be written again.
            Optional<GenericKubernetesResource> current = read(kind, resource.key());
            try {
                return current.isEmpty() ? create(kind, resource, withStatus)
                        : replace(kind, current.get(), resource, withStatus);
            } catch (ConflictException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** As the API server has it now; empty if it has none. */
    Optional<GenericKubernetesResource> read(Kind kind, ResourceKey key) throws IOException {
        try {
            return get(kind, key);
        } catch (KubernetesClientException e) {
            throw failed("read", key, e);
        }
    }

    private GenericKubernetesResource replace(Kind kind, GenericKubernetesResource object, Resource resource, boolean withStatus)
            throws ConflictException, IOException {
        try {
            GenericKubernetesResource stored = reader.hasIntentOf(resource, kind, object) ? object
                    : at(kind, writer.withSpec(object, resource)).update();
            return withStatus ? status(kind, stored, resource) : stored;
        } catch (KubernetesClientException e) {
            if (ApiFault.of(e) == ApiFault.CONFLICT) {
                return ownOr(kind, resource, withStatus);
            }
            throw failed("updated", resource.key(), e);
        }
    }

    private GenericKubernetesResource status(Kind kind, GenericKubernetesResource stored, Resource resource) {
        if (!(resource instanceof TrafficShift) && !(resource instanceof MeshLink)) {
            return stored;
        }
        GenericKubernetesResource wanted = writer.withStatus(stored, resource);
        return wanted.equals(stored) ? stored : at(kind, wanted).updateStatus();
    }

    GenericKubernetesResource status(Kind kind, GenericKubernetesResource object, Map<String, Object> status) {
        return at(kind, writer.withStatus(object, status)).updateStatus();
    }

    private ConflictException conflict(Resource resource, String current) {
        counters.increment("store_conflict");
        return new ConflictException(resource.key(), resource.metadata().resourceVersion(), current);
    }

    private IOException failed(String verb, ResourceKey key, KubernetesClientException e) {
        ApiFault fault = ApiFault.of(e);
        counters.increment("store_" + fault.label());
        String said = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
        String message = "%s could not be %s by the API server (%s): %s".formatted(key, verb, fault.label(), said);
        return fault.passing() ? new IOException(message, e) : new WriteRefused(message, e);
    }
}
