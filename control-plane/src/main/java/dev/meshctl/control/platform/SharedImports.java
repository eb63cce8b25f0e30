package dev.meshctl.control.platform;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.registry.federation.ImportedService;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Imports as ServiceImports: written by the leader, which speaks with the gateway, and read by all other replicas, which
 * so serve the same. What a linked cluster says beyond what a ServiceImport holds is in annotations. For a service whose
 * namespace this cluster does not have there is one in the mesh's own, named {@code <service>.<namespace>}, which no
 * service can be.
 *
 * @see <a href="https://github.com/kubernetes/enhancements/tree/master/keps/sig-multicluster/1645-multi-cluster-services-api">
 *     Multi-Cluster Services API</a>
 */
final class SharedImports {
    /** Before the name of a cluster: what that cluster says of the service. */
    static final String ANNOTATION = "import.meshctl.dev/";
    static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    static final String MESHCTL = "meshctl";

    private static final System.Logger LOG = System.getLogger(SharedImports.class.getName());
    private static final ResourceDefinitionContext CONTEXT = new ResourceDefinitionContext.Builder()
            .withGroup("multicluster.x-k8s.io").withVersion("v1alpha1").withKind(Kinds.SERVICE_IMPORT.name())
            .withPlural(Kinds.SERVICE_IMPORT.plural()).withNamespaced(true).build();

    private final KubernetesClient client;
    private final String home;
    private final Counters counters;
    private final SharedIndexInformer<GenericKubernetesResource> objects;
    private final AtomicBoolean changed = new AtomicBoolean(true);
    private final Set<String> adopted = new HashSet<>();

    /**
     * Adds what it follows to the informers.
     *
     * @param home the namespace of the mesh itself
     */
    SharedImports(KubernetesClient client, String home, Informers informers, Counters counters) {
        this.client = client;
        this.home = home;
        this.counters = counters;
        objects = informers.add(Kinds.SERVICE_IMPORT.plural(), client.genericKubernetesResources(CONTEXT).inAnyNamespace()
                .withLabel(MANAGED_BY, MESHCTL).runnableInformer(0));
        objects.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(GenericKubernetesResource object) {
                changed.set(true);
            }

            @Override
            public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource after) {
                changed.set(true);
            }

            @Override
            public void onDelete(GenericKubernetesResource object, boolean finalStateUnknown) {
                changed.set(true);
            }
        });
    }

    /** Takes over what the leader has written, if anything has changed. */
    void adopt(ImportRegistry imports) {
        if (!changed.getAndSet(false)) {
            return;
        }
        try {
            adoptAll(imports);
        } catch (RuntimeException e) {
            changed.set(true); // or it would be looked at again with the next change only
            throw e;
        }
    }

    private void adoptAll(ImportRegistry imports) {
        Map<String, PeerImports.Builder> peers = new TreeMap<>();
        for (GenericKubernetesResource object : objects.getStore().list()) {
            annotations(object).forEach((key, value) -> {
                if (key.startsWith(ANNOTATION)) {
                    add(key.substring(ANNOTATION.length()), value, peers);
                }
            });
        }
        peers.values().forEach(report -> imports.update(report.build()));
        Set<String> gone = new HashSet<>(adopted);
        gone.removeAll(peers.keySet());
        gone.forEach(imports::forget);
        adopted.clear();
        adopted.addAll(peers.keySet());
    }

    private void add(String peer, String value, Map<String, PeerImports.Builder> peers) {
        try {
            PeerImports one = PeerImports.parseFrom(Base64.getDecoder().decode(value));
            PeerImports.Builder report = peers.computeIfAbsent(peer, p -> PeerImports.newBuilder().setPeer(p));
            report.setStale(report.getStale() || one.getStale()).addAllServices(one.getServicesList());
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            counters.increment("import_object_corrupt");
        }
    }

    private static Map<String, String> annotations(GenericKubernetesResource object) {
        return Objects.requireNonNullElse(object.getMetadata().getAnnotations(), Map.of());
    }

    /** Brings the objects in line with the registry; writes only what differs. */
    void write(ImportRegistry imports, Set<String> namespaces, Predicate<ServiceName> mayGoOn) {
        Map<String, ServiceName> wanted = new HashMap<>();
        for (ServiceName name : imports.services()) {
            boolean here = namespaces.contains(name.namespace());
            wanted.put(here ? name.namespace() + "/" + name.name() : home + "/" + name.name() + "." + name.namespace(), name);
        }
        wanted.forEach((key, name) -> {
            if (mayGoOn.test(name)) {
                carryOut(name, "written", () -> put(key, imports.of(name), objects.getStore().getByKey(key)));
            }
        });
        for (GenericKubernetesResource object : objects.getStore().list()) {
            String key = object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
            ServiceName name = named(object);
            if (!wanted.containsKey(key) && mayGoOn.test(name)) {
                carryOut(name, "deleted", () -> at(object).delete());
            }
        }
    }

    /** The service that an object of ours is of. */
    private static ServiceName named(GenericKubernetesResource object) {
        String[] parts = object.getMetadata().getName().split("\\.", 2);
        return new ServiceName(parts[0], parts.length > 1 ? parts[1] : object.getMetadata().getNamespace());
    }

    private void carryOut(ServiceName name, String what, Runnable call) {
        try {
            call.run();
        } catch (KubernetesClientException e) {
            ApiFault fault = ApiFault.of(e);
            counters.increment("import_" + fault.label());
            // Somebody else's import of the same name, or a write that another one came before: looked at again.
            System.Logger.Level level = fault == ApiFault.CONFLICT ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING;
            LOG.log(level, "ServiceImport {0} could not be {1} ({2}): {3}", name, what, fault.label(), e.getMessage());
        }
    }

    private Resource<GenericKubernetesResource> at(GenericKubernetesResource object) {
        return client.genericKubernetesResources(CONTEXT).inNamespace(object.getMetadata().getNamespace()).resource(object);
    }

    private void put(String key, List<ImportedService> sources, GenericKubernetesResource there) {
        GenericKubernetesResource wanted = object(key, sources);
        Map<String, Object> status = Map.of("clusters", sources.stream().map(s -> Map.of("cluster", s.peer())).toList());
        GenericKubernetesResource stored = there;
        if (there == null) {
            stored = at(wanted).create();
            counters.increment("import_created");
        } else if (!same(there, wanted)) {
            wanted.getMetadata().setResourceVersion(there.getMetadata().getResourceVersion());
            stored = at(wanted).update();
            counters.increment("import_updated");
        }
        if (!says(stored.getAdditionalProperties().get("status"), status)) {
            stored.setAdditionalProperty("status", status);
            at(stored).updateStatus();
        }
    }

    private static boolean same(GenericKubernetesResource there, GenericKubernetesResource wanted) {
        return says(there.getAdditionalProperties().get("spec"), wanted.getAdditionalProperties().get("spec"))
                && annotations(there).equals(annotations(wanted));
    }

    /** True if what is there says all that is wanted; the API server has an order of its own and adds what is usual. */
    static boolean says(@Nullable Object there, @Nullable Object wanted) {
        if (wanted instanceof Map<?, ?> fields) {
            return there instanceof Map<?, ?> present
                    && fields.entrySet().stream().allMatch(field -> says(present.get(field.getKey()), field.getValue()));
        }
        if (wanted instanceof List<?> items) {
            return there instanceof List<?> present && present.size() == items.size()
                    && IntStream.range(0, items.size()).allMatch(i -> says(present.get(i), items.get(i)));
        }
        return Objects.equals(there, wanted);
    }

    /** @param key namespace, slash, name */
    static GenericKubernetesResource object(String key, List<ImportedService> sources) {
        String[] name = key.split("/", 2);
        Map<String, String> annotations = new TreeMap<>();
        TreeMap<Integer, Map<String, Object>> ports = new TreeMap<>();
        // "All ports within a ServiceSpec must have unique names": of two clusters in conflict the first by name has it.
        Set<Object> names = new HashSet<>();
        for (ImportedService source : sources) {
            annotations.put(ANNOTATION + source.peer(), Base64.getEncoder().encodeToString(PeerImports.newBuilder()
                    .setPeer(source.peer()).setStale(source.stale()).addServices(source.service()).build().toByteArray()));
            source.service().getPortsList().stream().filter(p -> names.add(p.getName().isEmpty() ? p.getNumber() : p.getName()))
                    .forEach(p -> ports.putIfAbsent(p.getNumber(), port(p)));
        }
        Map<String, Object> spec = new LinkedHashMap<>();
        // Also of headless services: the addresses of pods mean nothing beyond their cluster.
        spec.put("type", "ClusterSetIP");
        spec.put("ports", List.copyOf(ports.values()));
        GenericKubernetesResource object = new GenericKubernetesResource();
        object.setApiVersion(Kinds.SERVICE_IMPORT.apiVersion());
        object.setKind(Kinds.SERVICE_IMPORT.name());
        object.setMetadata(new ObjectMetaBuilder().withName(name[1]).withNamespace(name[0])
                .addToLabels(MANAGED_BY, MESHCTL).withAnnotations(annotations).build());
        object.setAdditionalProperty("spec", spec);
        return object;
    }

    private static Map<String, Object> port(ExportedPort port) {
        Map<String, Object> written = new LinkedHashMap<>();
        if (!port.getName().isEmpty()) {
            written.put("name", port.getName());
        }
        written.put("protocol", "TCP");
        if (port.getProtocol().equals("http2")) {
            written.put("appProtocol", "kubernetes.io/h2c");
        }
        written.put("port", port.getNumber());
        return written;
    }
}
