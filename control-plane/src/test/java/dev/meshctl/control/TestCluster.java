package dev.meshctl.control;

import dev.meshctl.api.resource.Kind;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.Arrays;
import java.util.Map;

/** Objects of a small cluster: service payments in namespace shop, port 80 for the pods' port "web", which is 8080. */
public final class TestCluster {
    public static final String ZONE = "eu-1a";

    private TestCluster() {}

    /** Where objects of one of the mesh's kinds are. */
    public static NonNamespaceOperation<GenericKubernetesResource, ?, Resource<GenericKubernetesResource>> objects(
            KubernetesClient client, Kind kind, String namespace) {
        String[] version = kind.apiVersion().split("/");
        return client.genericKubernetesResources(new ResourceDefinitionContext.Builder().withGroup(version[0])
                .withVersion(version[1]).withKind(kind.name()).withPlural(kind.plural()).withNamespaced(true).build())
                .inNamespace(namespace);
    }

    /** Creates an object of namespace shop. */
    public static GenericKubernetesResource create(KubernetesClient client, Kind kind, String yaml) {
        return objects(client, kind, "shop").resource(read(client, yaml)).create();
    }

    public static GenericKubernetesResource read(KubernetesClient client, String yaml) {
        return client.getKubernetesSerialization().unmarshal(yaml, GenericKubernetesResource.class);
    }

    public static void namespace(KubernetesClient client, String name, boolean injected) {
        client.namespaces().resource(new NamespaceBuilder().withNewMetadata().withName(name)
                .addToLabels(injected ? Map.of("meshctl.dev/inject", "enabled") : Map.of()).endMetadata().build()).create();
    }

    public static void node(KubernetesClient client, String name) {
        client.nodes().resource(new NodeBuilder().withNewMetadata().withName(name)
                .addToLabels("topology.kubernetes.io/region", "eu").addToLabels("topology.kubernetes.io/zone", ZONE)
                .endMetadata().build()).create();
    }

    public static Service service() {
        return new ServiceBuilder().withNewMetadata().withName("payments").withNamespace("shop").endMetadata()
                .withNewSpec().withClusterIP("10.96.0.7").withClusterIPs("10.96.0.7").withIpFamilies("IPv4")
                .addToSelector("app", "payments")
                .addNewPort().withName("http").withPort(80).withProtocol("TCP").withNewTargetPort("web").endPort()
                .addNewPort().withName("grpc-api").withPort(9090).withProtocol("TCP").endPort()
                .addNewPort().withName("dns").withPort(53).withProtocol("UDP").endPort()
                .endSpec().build();
    }

    public static Pod pod(String name, String version, String address, boolean proxied) {
        PodBuilder pod = new PodBuilder().withNewMetadata().withName(name).withNamespace("shop").withUid("uid-" + name)
                .addToLabels("app", "payments").addToLabels("version", version).endMetadata()
                .withNewSpec().withServiceAccountName("payments").withNodeName("n1")
                .addNewContainer().withName("app").endContainer().endSpec()
                .withNewStatus().withPhase("Running").addNewPodIP(address).endStatus();
        if (proxied) {
            pod.editSpec().addNewInitContainer().withName("meshctl-proxy").withRestartPolicy("Always").endInitContainer().endSpec();
        }
        return pod.build();
    }

    public static EndpointSlice slice(Pod... pods) {
        return new EndpointSliceBuilder().withNewMetadata().withName("payments-abc").withNamespace("shop")
                .addToLabels("kubernetes.io/service-name", "payments").endMetadata()
                .withAddressType("IPv4")
                .addNewPort().withName("http").withPort(8080).withProtocol("TCP").endPort()
                .addNewPort().withName("grpc-api").withPort(9090).withProtocol("TCP").endPort()
                .withEndpoints(Arrays.stream(pods).map(pod -> new EndpointBuilder()
                        .withAddresses(pod.getStatus().getPodIPs().getFirst().getIp())
                        .withNewConditions().withReady(true).withServing(true).withTerminating(false).endConditions()
                        .withNodeName("n1")
                        .withNewTargetRef().withKind("Pod").withName(pod.getMetadata().getName())
                        .withNamespace("shop").endTargetRef().build()).toList())
                .build();
    }

    /** One pod with the proxy behind the service. */
    public static void shop(KubernetesClient client) {
        namespace(client, "shop", true);
        node(client, "n1");
        client.services().inNamespace("shop").resource(service()).create();
        Pod pod = client.pods().inNamespace("shop").resource(pod("payments-1", "v1", "10.0.0.5", true)).create();
        client.discovery().v1().endpointSlices().inNamespace("shop").resource(slice(pod)).create();
    }
}
