package dev.meshctl.control.registry.kubernetes;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.control.registry.kubernetes.ServiceEndpoints.Locality;
import dev.meshctl.kubernetes.watch.BoundedItems;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The API server's objects that tell of services and workloads, indexed by what they are asked for. */
final class ClusterObjects implements ServiceEndpoints.Pods {
    /** More than the 150,000 that Kubernetes is made for. */
    private static final int MAX_PODS = 200_000;
    private static final String SERVICE_OF_SLICE = "service";
    private static final String POD_OF_SLICE = "pod";
    private static final String ADDRESS_OF_SLICE = "address";
    private static final String ADDRESS_OF_POD = "address";
    private static final String NODE_OF_POD = "node";
    private static final String PROXY_OF_POD = "proxy";
    private static final String PROXIED = "there";
    private static final String SERVICE_LABEL = "kubernetes.io/service-name";
    private static final String NAME_LABEL = "app.kubernetes.io/name";
    private static final String REGION_LABEL = "topology.kubernetes.io/region";
    private static final String ZONE_LABEL = "topology.kubernetes.io/zone";

    final SharedIndexInformer<Service> services;
    final SharedIndexInformer<EndpointSlice> slices;
    final SharedIndexInformer<Pod> pods;
    final SharedIndexInformer<Node> nodes;
    final SharedIndexInformer<Namespace> namespaces;

    /** Adds the informers, which do not run yet. */
    ClusterObjects(KubernetesClient client, Informers informers) {
        services = informers.add("services", client.services().inAnyNamespace().runnableInformer(0));
        slices = informers.add("endpointslices", client.discovery().v1().endpointSlices().inAnyNamespace().runnableInformer(0));
        slices.addIndexers(Map.of(
                SERVICE_OF_SLICE, slice -> serviceOf(slice).map(ServiceName::toString).stream().toList(),
                POD_OF_SLICE, ClusterObjects::podKeys,
                ADDRESS_OF_SLICE, ClusterObjects::addressesWithoutPod));
        pods = informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0));
        pods.itemStore(new TrimmedPods(informers.counters()));
        pods.addIndexers(Map.of(
                ADDRESS_OF_POD, pod -> PodView.of(pod).addresses(),
                NODE_OF_POD, pod -> List.of(PodView.of(pod).node()),
                PROXY_OF_POD, pod -> PodView.of(pod).proxied() ? List.of(PROXIED) : List.of()));
        nodes = informers.add("nodes", client.nodes().runnableInformer(0));
        namespaces = informers.add("namespaces", client.namespaces().runnableInformer(0));
    }

    /** Whole pods of a large cluster would fill the memory. */
    private static final class TrimmedPods extends BoundedItems<Pod> {
        TrimmedPods(Counters counters) {
            super("pods", MAX_PODS, counters);
        }

        @Override
        public @Nullable Pod put(String key, Pod pod) {
            return super.put(key, PodView.trimmed(pod));
        }
    }

    static Optional<ServiceName> serviceOf(EndpointSlice slice) {
        Map<String, String> labels = Objects.requireNonNullElse(slice.getMetadata().getLabels(), Map.of());
        String name = labels.getOrDefault(SERVICE_LABEL, "");
        try {
            return name.isEmpty() ? Optional.empty() : Optional.of(new ServiceName(name, slice.getMetadata().getNamespace()));
        } catch (IllegalArgumentException e) {
            // A name that no Service can have.
            return Optional.empty();
        }
    }

    /** The API server writes null, not an empty list, for a slice that has none. */
    static List<Endpoint> endpoints(EndpointSlice slice) {
        return Objects.requireNonNullElse(slice.getEndpoints(), List.of());
    }

    private static List<String> podKeys(EndpointSlice slice) {
        return endpoints(slice).stream()
                .filter(e -> e.getTargetRef() != null && "Pod".equals(e.getTargetRef().getKind()))
                .map(e -> slice.getMetadata().getNamespace() + "/" + e.getTargetRef().getName())
                .toList();
    }

    private static List<String> addressesWithoutPod(EndpointSlice slice) {
        return endpoints(slice).stream()
                .filter(e -> e.getTargetRef() == null).flatMap(e -> e.getAddresses().stream()).toList();
    }

    Optional<ServiceView> service(ServiceName name) {
        return Optional.ofNullable(services.getStore().getByKey(name.namespace() + "/" + name.name())).flatMap(ServiceView::of);
    }

    Stream<Pod> labelled(String namespace, String name) {
        return pods.getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace).stream()
                .filter(pod -> pod.getMetadata().getLabels() != null
                        && name.equals(pod.getMetadata().getLabels().get(NAME_LABEL)));
    }

    /** Also one that is not for the mesh. */
    Optional<Service> anyService(String namespace, String name) {
        return Optional.ofNullable(services.getStore().getByKey(namespace + "/" + name));
    }

    /** The nodes where an endpoint of the service is ready. */
    Set<String> nodesBehind(ServiceName service) {
        return slices(service).stream().flatMap(s -> endpoints(s).stream())
                .filter(e -> e.getNodeName() != null
                        && (e.getConditions() == null || !Boolean.FALSE.equals(e.getConditions().getReady())))
                .map(Endpoint::getNodeName).collect(Collectors.toSet());
    }

    Stream<ServiceView> allServices() {
        return services.getStore().list().stream().flatMap(s -> ServiceView.of(s).stream());
    }

    Collection<EndpointSlice> slices(ServiceName service) {
        return slices.getIndexer().byIndex(SERVICE_OF_SLICE, service.toString());
    }

    @Override
    public Optional<PodView> named(String namespace, String name) {
        return Optional.ofNullable(pods.getStore().getByKey(namespace + "/" + name)).map(PodView::of);
    }

    @Override
    public Optional<PodView> at(String address) {
        return pods.getIndexer().byIndex(ADDRESS_OF_POD, address).stream().map(PodView::of).findFirst();
    }

    /** The services that the pod is, or may be, behind. */
    Set<ServiceName> behind(Pod pod) {
        String key = pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
        Stream<EndpointSlice> byName = slices.getIndexer().byIndex(POD_OF_SLICE, key).stream();
        List<PodIP> addresses = pod.getStatus() == null ? List.of() : pod.getStatus().getPodIPs();
        Stream<EndpointSlice> byAddress = addresses.stream()
                .flatMap(ip -> slices.getIndexer().byIndex(ADDRESS_OF_SLICE, String.valueOf(ip.getIp())).stream());
        return Stream.concat(byName, byAddress).flatMap(s -> serviceOf(s).stream()).collect(Collectors.toSet());
    }

    List<Pod> on(String node) {
        return pods.getIndexer().byIndex(NODE_OF_POD, node);
    }

    /** The pods that have the proxy, whatever they are behind. */
    Stream<PodView> proxied() {
        return pods.getIndexer().byIndex(PROXY_OF_POD, PROXIED).stream().map(PodView::of);
    }

    Locality locality(String node) {
        Node known = node.isEmpty() ? null : nodes.getStore().getByKey(node);
        return known == null ? Locality.UNKNOWN : locality(known);
    }

    static Locality locality(Node node) {
        Map<String, String> labels = Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
        return new Locality(labels.getOrDefault(REGION_LABEL, ""), labels.getOrDefault(ZONE_LABEL, ""));
    }

    /** The labels of a namespace; none if it is not known. */
    Map<String, String> labels(String namespace) {
        Namespace known = namespaces.getStore().getByKey(namespace);
        return known == null || known.getMetadata().getLabels() == null ? Map.of() : known.getMetadata().getLabels();
    }
}
