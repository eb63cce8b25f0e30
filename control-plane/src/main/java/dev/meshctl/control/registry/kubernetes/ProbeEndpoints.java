package dev.meshctl.control.registry.kubernetes;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.control.registry.kubernetes.ServiceEndpoints.Locality;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The service by which {@code verify} finds out whether calls go through: no object of the cluster, but sidecars that
 * answer it themselves. Each is called as its own pod, by the identity that the pod has.
 */
record ProbeEndpoints(TrustDomain own, Function<String, Locality> localities) {
    /** As on local clusters. */
    static final ServiceName SERVICE = new ServiceName(SystemIdentity.PROBE.serviceAccount(), SpiffeId.SYSTEM_NAMESPACE);

    /** A probe of a few calls needs no more, and every change of one of these is told to whoever probes. */
    private static final int MAX = 16;
    private static final int PORT = 80;

    /** A pod whose proxy can answer now. */
    static boolean answers(PodView pod) {
        return pod.proxied() && pod.running() && pod.proxyReady() && !pod.leaving() && !pod.addresses().isEmpty();
    }

    /** The same ones as long as they answer, spread over namespaces and nodes by chance. */
    List<HostedWorkload> of(Stream<PodView> pods) {
        return pods.filter(ProbeEndpoints::answers)
                .sorted(Comparator.comparingInt((PodView pod) -> (pod.namespace() + "/" + pod.uid()).hashCode())
                        .thenComparing(PodView::namespace).thenComparing(PodView::name))
                .limit(MAX).map(this::workload).toList();
    }

    /** True if a change from one to the other may be one of the service. */
    static boolean differ(Optional<PodView> before, Optional<PodView> after) {
        Optional<PodView> was = before.filter(ProbeEndpoints::answers);
        Optional<PodView> is = after.filter(ProbeEndpoints::answers);
        return !was.equals(is);
    }

    private HostedWorkload workload(PodView pod) {
        Locality locality = localities.apply(pod.node());
        return HostedWorkload.newBuilder()
                .setId(SERVICE.name() + "-" + pod.name() + "." + pod.namespace())
                .setService(SERVICE.name())
                .setNamespace(SERVICE.namespace())
                .setServiceAccount(pod.serviceAccount())
                .setSpiffeId(new SpiffeId(own, pod.namespace(), pod.serviceAccount()).toString())
                .setInboundAddress(pod.addresses().getFirst())
                .setInboundPort(ServiceEndpoints.INBOUND_PORT)
                .addPorts(WorkloadPort.newBuilder().setServicePort(PORT).setAppPort(PORT).setName("http").setProtocol("http1"))
                .setReady(true)
                .setProbe(true)
                .setStartedEpochMs(pod.startedEpochMs())
                .setRegion(locality.region())
                .setZone(locality.zone())
                .build();
    }
}
