package dev.meshctl.control.registry.kubernetes;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.resource.Service;
import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.control.registry.NodeView;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.kubernetes.ServiceEndpoints.Behind;
import dev.meshctl.kubernetes.watch.Informers;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The services and workloads of a Kubernetes cluster. What is known is what the API server said last; while it is away
 * that stays in use.
 *
 * <p>A Service is the mesh's if a pod behind it has the proxy, or if it has no endpoint at all and its namespace is one
 * whose pods get the proxy. All others are left to the cluster: proxies pass calls to them on in plain. Of a Service
 * of the mesh, pods without the proxy get no calls of the mesh.
 */
public final class KubernetesRegistry implements WorkloadRegistry {
    /** Label of a namespace: {@code enabled} gives its pods the proxy. */
    static final String INJECT = "meshctl.dev/inject";
    /** Label of a namespace: its pods get the proxy of this revision. */
    static final String REVISION = "meshctl.dev/revision";

    private final ClusterObjects objects;
    private final ServiceEndpoints endpoints;
    private final ProbeEndpoints probes;
    private final TrustDomain own;
    private final Consumer<Set<ServiceName>> onChange;

    /**
     * Adds what it follows to the informers.
     *
     * @param onChange told of the services that may have changed
     */
    public KubernetesRegistry(
            KubernetesClient client, Informers informers, TrustDomain own, Consumer<Set<ServiceName>> onChange) {
        this.objects = new ClusterObjects(client, informers);
        this.endpoints = new ServiceEndpoints(own, objects, objects::locality);
        this.probes = new ProbeEndpoints(own, objects::locality);
        this.own = own;
        this.onChange = onChange;
        follow();
    }

    private void follow() {
        objects.services.addEventHandler(Changes.<io.fabric8.kubernetes.api.model.Service>of((before, after) ->
                names(before, after)));
        objects.slices.addEventHandler(Changes.<EndpointSlice>of((before, after) -> {
            Set<ServiceName> changed = new HashSet<>();
            before.flatMap(ClusterObjects::serviceOf).ifPresent(changed::add);
            after.flatMap(ClusterObjects::serviceOf).ifPresent(changed::add);
            tell(changed);
        }));
        objects.pods.addEventHandler(Changes.<Pod>of((before, after) -> {
            if (!before.map(PodView::of).equals(after.map(PodView::of))) {
                Set<ServiceName> changed = new HashSet<>();
                before.map(objects::behind).ifPresent(changed::addAll);
                after.map(objects::behind).ifPresent(changed::addAll);
                if (ProbeEndpoints.differ(before.map(PodView::of), after.map(PodView::of))) {
                    changed.add(ProbeEndpoints.SERVICE);
                }
                tell(changed);
            }
        }));
        objects.nodes.addEventHandler(Changes.<Node>of((before, after) -> {
            if (!before.map(ClusterObjects::locality).equals(after.map(ClusterObjects::locality))) {
                String name = after.or(() -> before).map(n -> n.getMetadata().getName()).orElse("");
                tell(objects.on(name).stream().flatMap(p -> objects.behind(p).stream()).collect(Collectors.toSet()));
            }
        }));
        objects.namespaces.addEventHandler(Changes.<Namespace>of((before, after) -> {
            if (before.isEmpty() || after.isEmpty() || injected(before.get()) != injected(after.get())) {
                String name = after.or(() -> before).map(n -> n.getMetadata().getName()).orElse("");
                tell(objects.allServices().map(ServiceView::name).filter(s -> s.namespace().equals(name))
                        .collect(Collectors.toSet()));
            }
        }));
    }

    private void names(Optional<io.fabric8.kubernetes.api.model.Service> before,
            Optional<io.fabric8.kubernetes.api.model.Service> after) {
        Optional<ServiceView> was = before.flatMap(ServiceView::of);
        Optional<ServiceView> is = after.flatMap(ServiceView::of);
        if (!was.equals(is)) {
            Set<ServiceName> changed = new HashSet<>();
            was.map(ServiceView::name).ifPresent(changed::add);
            is.map(ServiceView::name).ifPresent(changed::add);
            tell(changed);
        }
    }

    private void tell(Set<ServiceName> changed) {
        if (!changed.isEmpty()) {
            onChange.accept(Set.copyOf(changed));
        }
    }

    private boolean injected(Namespace namespace) {
        return namespace.getMetadata().getLabels() != null && injected(namespace.getMetadata().getLabels());
    }

    private static boolean injected(Map<String, String> labels) {
        String word = labels.get(INJECT);
        return "enabled".equals(word) || (word == null && labels.containsKey(REVISION));
    }

    private Behind behind(ServiceView service) {
        return endpoints.of(service, objects.slices(service.name()));
    }

    private boolean ofMesh(ServiceView service, Behind behind) {
        return !behind.workloads().isEmpty()
                || (behind.others() == 0 && service.selects() && injected(labels(service.name().namespace())));
    }

    /** The labels of a namespace; none if it is not known. */
    public Map<String, String> labels(String namespace) {
        return objects.labels(namespace);
    }

    /** The namespaces that there are, by name, with their labels. */
    public Map<String, Map<String, String>> namespaces() {
        Map<String, Map<String, String>> all = new TreeMap<>();
        objects.namespaces.getStore().list().forEach(n -> all.put(n.getMetadata().getName(), labels(n.getMetadata().getName())));
        return all;
    }

    /** The namespaces that have a pod with the proxy, or are such that new pods get it. */
    public Set<String> namespacesOfMesh() {
        Set<String> names = objects.pods.getStore().list().stream().map(PodView::of)
                .filter(PodView::proxied).map(PodView::namespace).collect(Collectors.toSet());
        namespaces().forEach((name, labels) -> {
            if (injected(labels)) {
                names.add(name);
            }
        });
        return names;
    }

    /** The Service of that name, if it is the mesh's. */
    public Optional<Service> declared(ServiceName name) {
        return objects.service(name).filter(s -> ofMesh(s, behind(s))).map(ServiceView::resource);
    }

    /** All Services of the mesh, by name. */
    public List<Service> declared() {
        return objects.allServices().filter(s -> ofMesh(s, behind(s)))
                .sorted((a, b) -> a.name().compareTo(b.name())).map(ServiceView::resource).toList();
    }

    /**
     * Addresses of pods that are there, by the label {@code app.kubernetes.io/name}.
     *
     * @param except the name of a pod that is not asked for
     */
    public List<String> pods(String namespace, String name, String except) {
        return objects.labelled(namespace, name).map(PodView::of)
                .filter(pod -> !pod.name().equals(except) && !pod.leaving() && !pod.addresses().isEmpty())
                .map(pod -> pod.addresses().getFirst()).sorted().toList();
    }

    /** Where the Service of the federation gateway is reached. */
    public GatewayReach gateway(String namespace, String name) {
        return GatewayService.of(objects.anyService(namespace, name), namespace + "/" + name,
                objects.nodes.getStore().list(), objects.nodesBehind(new ServiceName(name, namespace))::contains);
    }

    /** The type of the cluster's Service of that name, of the mesh or not; empty if there is none, or none with a port of TCP. */
    public Optional<String> type(ServiceName name) {
        return objects.anyService(name.namespace(), name.name())
                .map(service -> service.getSpec() == null || service.getSpec().getType() == null ? "ClusterIP" : service.getSpec().getType())
                .filter(type -> type.equals(ServiceView.EXTERNAL_NAME) || objects.service(name).isPresent());
    }

    @Override
    public Set<ServiceName> services() {
        Set<ServiceName> names = objects.allServices().filter(s -> !behind(s).workloads().isEmpty())
                .map(ServiceView::name).collect(Collectors.toCollection(HashSet::new));
        if (objects.proxied().anyMatch(ProbeEndpoints::answers)) {
            names.add(ProbeEndpoints.SERVICE);
        }
        return names;
    }

    @Override
    public List<HostedWorkload> of(ServiceName service) {
        if (service.equals(ProbeEndpoints.SERVICE)) {
            return probes.of(objects.proxied());
        }
        return objects.service(service).map(s -> behind(s).workloads()).orElse(List.of());
    }

    @Override
    public List<String> virtualAddresses(ServiceName service) {
        return objects.service(service).filter(s -> ofMesh(s, behind(s))).map(ServiceView::virtual).orElse(List.of());
    }

    @Override
    public boolean headless(ServiceName service) {
        return objects.service(service).map(view -> view.virtual().isEmpty()).orElse(false);
    }

    /**
     * The pods that run with a proxy: each is a node of its own, named as its proxy names itself. A pod behind several
     * services is listed once.
     */
    @Override
    public List<NodeView> nodes() {
        Map<String, HostedWorkload> byId = new TreeMap<>();
        objects.allServices().forEach(s -> behind(s).workloads().forEach(w -> byId.putIfAbsent(w.getId(), w)));
        return objects.proxied().filter(PodView::running)
                .map(pod -> node(pod, Optional.ofNullable(byId.get(pod.name() + "." + pod.namespace()))))
                .sorted(Comparator.comparing(NodeView::node)).toList();
    }

    private NodeView node(PodView pod, Optional<HostedWorkload> workload) {
        return new NodeView(pod.name() + "." + pod.namespace(),
                new SpiffeId(own, pod.namespace(), pod.serviceAccount()).toString(), "", Instant.ofEpochMilli(pod.startedEpochMs()),
                true, Optional.empty(), workload.stream().toList());
    }
}
