package dev.meshctl.control.registry.kubernetes;

import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.LoadBalancerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceStatus;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Where the federation gateway is by its Service: a load balancer's addresses, or some nodes with the port that all nodes
 * have, or, within the cluster alone, its name. The own proxies dial its cluster IP.
 */
record GatewayService(Service service, ServicePort port) {
    /** Of nodes behind a NodePort; one that answers is enough, and the oldest stay longest. */
    static final int MAX_NODES = 4;

    private static final String NO_ADDRESS = "None";

    /** @param hasEndpoint of the names of nodes: a pod of the gateway that is ready runs there */
    static GatewayReach of(Optional<Service> found, String name, Collection<Node> nodes, Predicate<String> hasEndpoint) {
        if (found.isEmpty()) {
            return none("Service " + name + " is not there; see `meshctl plan`");
        }
        List<ServicePort> ports = found.get().getSpec() == null ? List.of() : found.get().getSpec().getPorts();
        if (ports.isEmpty()) {
            return none("Service " + name + " has no port; see `meshctl plan`");
        }
        return new GatewayService(found.get(), ports.getFirst()).reach(name, nodes, hasEndpoint);
    }

    private static GatewayReach none(String problem) {
        return new GatewayReach(List.of(), Optional.empty(), problem);
    }

    private GatewayReach reach(String name, Collection<Node> nodes, Predicate<String> hasEndpoint) {
        return switch (String.valueOf(service.getSpec().getType())) {
            case "LoadBalancer" -> reach(balanced(), "Service " + name + " of type LoadBalancer has no address yet: its load"
                    + " balancer is not ready, or the cluster has none; see `kubectl describe service " + words(name)
                    + "`, or install with gateway.service.type=NodePort or gateway.advertise=HOST:PORT");
            case "NodePort" -> reach(nodes(nodes, hasEndpoint), "no node that is ready has an address for Service " + name
                    + " of type NodePort; see `kubectl get nodes -o wide`, or install with gateway.advertise=HOST:PORT");
            default -> reach(List.of(address(service.getMetadata().getName() + "." + service.getMetadata().getNamespace()
                    + ".svc", port.getPort())), "");
        };
    }

    private static String words(String name) {
        String[] parts = name.split("/", 2);
        return parts.length == 2 ? "--namespace " + parts[0] + " " + parts[1] : name;
    }

    private GatewayReach reach(List<HostPort> outside, String problem) {
        return new GatewayReach(outside, inside(), outside.isEmpty() ? problem : "");
    }

    private Optional<HostPort> inside() {
        String ip = Objects.requireNonNullElse(service.getSpec().getClusterIP(), "");
        return ip.isEmpty() || ip.equals(NO_ADDRESS) ? Optional.empty() : Optional.of(address(ip, port.getPort()));
    }

    private List<HostPort> balanced() {
        ServiceStatus status = service.getStatus();
        LoadBalancerStatus balancer = status == null ? null : status.getLoadBalancer();
        return balancer == null ? List.of() : balancer.getIngress().stream().flatMap(GatewayService::host)
                .map(host -> address(host, port.getPort())).distinct().toList();
    }

    private static Stream<String> host(LoadBalancerIngress ingress) {
        return Stream.of(ingress.getIp(), ingress.getHostname()).filter(h -> h != null && !h.isEmpty()).limit(1);
    }

    private List<HostPort> nodes(Collection<Node> nodes, Predicate<String> hasEndpoint) {
        Integer nodePort = port.getNodePort();
        if (nodePort == null || nodePort == 0) {
            return List.of();
        }
        // With Local a node passes on to its own pods alone.
        boolean local = "Local".equals(service.getSpec().getExternalTrafficPolicy());
        return nodes.stream()
                .filter(node -> isReady(node) && (!local || hasEndpoint.test(node.getMetadata().getName())))
                .sorted(Comparator.comparing((Node n) -> String.valueOf(n.getMetadata().getCreationTimestamp()))
                        .thenComparing(n -> n.getMetadata().getName()))
                .flatMap(node -> host(node).stream())
                .limit(MAX_NODES)
                .map(host -> address(host, nodePort))
                .toList();
    }

    private static boolean isReady(Node node) {
        return node.getStatus() != null && node.getMetadata().getDeletionTimestamp() == null
                && node.getStatus().getConditions().stream()
                        .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    private static Optional<String> host(Node node) {
        return address(node.getStatus(), "ExternalIP").or(() -> address(node.getStatus(), "InternalIP"));
    }

    private static Optional<String> address(NodeStatus status, String type) {
        return status.getAddresses().stream().filter(a -> type.equals(a.getType())).map(NodeAddress::getAddress)
                .filter(a -> a != null && !a.isEmpty()).findFirst();
    }

    private static HostPort address(String host, Integer port) {
        return new HostPort(host, Objects.requireNonNullElse(port, 0));
    }
}
