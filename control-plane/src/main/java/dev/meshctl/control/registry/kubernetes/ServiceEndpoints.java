package dev.meshctl.control.registry.kubernetes;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.resource.AppProtocol;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Makes workloads of a Service's EndpointSlices. A pod is a workload if it has the proxy: only that one can end mTLS,
 * at {@value #INBOUND_PORT} of the pod's address.
 */
record ServiceEndpoints(TrustDomain own, Pods pods, Function<String, Locality> localities) {
    static final int INBOUND_PORT = 15006;

    /** Finds pods. */
    interface Pods {
        Optional<PodView> named(String namespace, String name);

        /** For endpoints that name no pod. */
        Optional<PodView> at(String address);
    }

    /** Of a node; both may be empty. */
    record Locality(String region, String zone) {
        static final Locality UNKNOWN = new Locality("", "");
    }

    /**
     * What is behind a service.
     *
     * @param workloads those that the mesh may call, by id
     * @param others endpoints that have no proxy
     */
    record Behind(List<HostedWorkload> workloads, int others) {}

    Behind of(ServiceView service, Collection<EndpointSlice> slices) {
        Map<String, HostedWorkload> workloads = new TreeMap<>();
        int others = 0;
        for (EndpointSlice slice : inOrder(service, slices)) {
            for (Endpoint endpoint : ClusterObjects.endpoints(slice)) {
                Optional<PodView> pod = pod(slice, endpoint).filter(PodView::proxied);
                if (pod.isEmpty() || endpoint.getAddresses().isEmpty()) {
                    others++;
                } else {
                    HostedWorkload workload = workload(service, slice, endpoint, pod.get());
                    workloads.merge(workload.getId(), workload, ServiceEndpoints::withPortsOf);
                }
            }
        }
        return new Behind(List.copyOf(workloads.values()), others);
    }

    /** The service's own address family first, then by name, so that a pod with two addresses is always known by one. */
    private static List<EndpointSlice> inOrder(ServiceView service, Collection<EndpointSlice> slices) {
        return slices.stream()
                .filter(s -> "IPv4".equals(s.getAddressType()) || "IPv6".equals(s.getAddressType()))
                .sorted(Comparator.comparing((EndpointSlice s) -> !service.family().equals(s.getAddressType()))
                        .thenComparing(s -> s.getMetadata().getName()))
                .toList();
    }

    private Optional<PodView> pod(EndpointSlice slice, Endpoint endpoint) {
        if (endpoint.getTargetRef() == null) {
            return endpoint.getAddresses().stream().findFirst().flatMap(pods::at)
                    .filter(pod -> pod.namespace().equals(slice.getMetadata().getNamespace()));
        }
        if (!"Pod".equals(endpoint.getTargetRef().getKind())) {
            return Optional.empty();
        }
        String uid = endpoint.getTargetRef().getUid();
        return pods.named(slice.getMetadata().getNamespace(), endpoint.getTargetRef().getName())
                .filter(pod -> uid == null || pod.uid().isEmpty() || pod.uid().equals(uid));
    }

    private HostedWorkload workload(ServiceView service, EndpointSlice slice, Endpoint endpoint, PodView pod) {
        EndpointConditions conditions = Objects.requireNonNullElse(endpoint.getConditions(), new EndpointConditions());
        Locality locality = localities.apply(pod.node());
        String zone = Objects.requireNonNullElse(endpoint.getZone(), "");
        return HostedWorkload.newBuilder()
                .setId(pod.name() + "." + pod.namespace())
                .setService(service.name().name())
                .setNamespace(service.name().namespace())
                .setVersion(pod.version())
                .setServiceAccount(pod.serviceAccount())
                .setSpiffeId(new SpiffeId(own, pod.namespace(), pod.serviceAccount()).toString())
                .setInboundAddress(endpoint.getAddresses().getFirst())
                .setInboundPort(INBOUND_PORT)
                .addAllPorts(ports(service, slice))
                .setReady(!Boolean.FALSE.equals(conditions.getReady()))
                .setDraining(Boolean.TRUE.equals(conditions.getTerminating()) || pod.leaving())
                .setStartedEpochMs(pod.startedEpochMs())
                .setRegion(locality.region())
                .setZone(locality.zone().isEmpty() ? zone : locality.zone())
                .build();
    }

    /** A slice has numbers where the Service may have names; they belong together by the name of the port. */
    private static List<WorkloadPort> ports(ServiceView service, EndpointSlice slice) {
        List<WorkloadPort> ports = new ArrayList<>();
        for (ServiceView.Port port : service.ports()) {
            Objects.requireNonNullElse(slice.getPorts(), List.<EndpointPort>of()).stream()
                    .filter(p -> p.getPort() != null && port.name().equals(Objects.requireNonNullElse(p.getName(), "")))
                    .filter(p -> p.getProtocol() == null || p.getProtocol().equals("TCP"))
                    .findFirst()
                    .map(EndpointPort::getPort)
                    .ifPresent(target -> ports.add(WorkloadPort.newBuilder()
                            .setServicePort(port.number())
                            .setAppPort(target)
                            .setName(port.name())
                            .setProtocol(word(port.protocol()))
                            .build()));
        }
        return ports;
    }

    private static String word(AppProtocol protocol) {
        return switch (protocol) {
            case AUTO -> "";
            case HTTP1 -> "http1";
            case HTTP2 -> "http2";
            case TCP -> "tcp";
        };
    }

    /** A pod whose ports are in several slices, as when only some of them are ready. */
    private static HostedWorkload withPortsOf(HostedWorkload first, HostedWorkload other) {
        Map<Integer, WorkloadPort> ports = new TreeMap<>();
        other.getPortsList().forEach(p -> ports.put(p.getServicePort(), p));
        first.getPortsList().forEach(p -> ports.put(p.getServicePort(), p));
        return first.toBuilder().clearPorts().addAllPorts(ports.values()).build();
    }
}
