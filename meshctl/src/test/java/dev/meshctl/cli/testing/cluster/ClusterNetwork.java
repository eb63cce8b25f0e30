package dev.meshctl.cli.testing.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The network of one node, {@code 10.n.0.0/16}: a namespace for the node, which routes, one for each pod, and this
 * machine beyond, as if it were a host next to the node. What goes to a cluster IP is sent on by the kernel to a ready
 * endpoint, as kube-proxy has it.
 */
final class ClusterNetwork implements AutoCloseable {
    private final String prefix;
    private final String unique;
    private final AtomicInteger pods = new AtomicInteger(1);
    private final AtomicInteger services = new AtomicInteger(1);
    private String rules = "";

    ClusterNetwork() {
        int n = 100 + (int) (ProcessHandle.current().pid() % 100);
        while (Shell.run("ip", "-4", "addr").contains("inet 10." + n + ".") || Shell.run("ip", "netns").contains("mc" + n + "-")) {
            n = 100 + (n + 1) % 100;
        }
        prefix = "10." + n;
        unique = "mc" + n;
        Shell.run("ip", "netns", "add", node());
        Shell.run("ip", "link", "add", unique + "h", "type", "veth", "peer", "name", "host", "netns", node());
        Shell.run("ip", "addr", "add", host() + "/30", "dev", unique + "h");
        Shell.run("ip", "link", "set", unique + "h", "up");
        Shell.run("ip", "-n", node(), "addr", "add", prefix + ".0.2/30", "dev", "host");
        Shell.run("ip", "-n", node(), "link", "set", "host", "up");
        Shell.run("ip", "-n", node(), "link", "set", "lo", "up");
        Shell.run("ip", "netns", "exec", node(), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
        Shell.run("ip", "route", "add", prefix + ".0.0/16", "via", nodeAddress());
    }

    /**
     * Joins the networks of two nodes, as the internet does: pods of each reach load balancers of the other, and see to it
     * as an address of their node. Nothing else is reached.
     */
    void join(ClusterNetwork other) {
        Shell.run("ip", "-n", node(), "link", "add", other.way(), "type", "veth", "peer", "name", way(), "netns", other.node());
        leads(other.way(), prefix + ".0.5", prefix + ".0.6", other);
        other.leads(way(), prefix + ".0.6", prefix + ".0.5", this);
    }

    private void leads(String link, String from, String to, ClusterNetwork other) {
        Shell.run("ip", "-n", node(), "addr", "add", from + "/30", "dev", link);
        Shell.run("ip", "-n", node(), "link", "set", link, "up");
        Shell.run("ip", "-n", node(), "route", "add", other.prefix + ".97.0/24", "via", to, "onlink", "dev", link);
        Shell.feed("table ip leaving { chain postrouting { type nat hook postrouting priority srcnat; oifname \"" + link
                + "\" masquerade; }; }\n", "ip", "netns", "exec", node(), "nft", "-f", "-");
    }

    /** The link that leads here from others. */
    private String way() {
        return unique + "w";
    }

    private String node() {
        return unique + "-node";
    }

    /** This machine, as pods see it. */
    String host() {
        return prefix + ".0.1";
    }

    String nodeAddress() {
        return prefix + ".0.2";
    }

    String newClusterIp() {
        return prefix + ".96." + services.getAndIncrement();
    }

    /** Of the first Service of type LoadBalancer. */
    String loadBalancerAddress() {
        return prefix + ".97.1";
    }

    /** The namespace and the address of a new pod. */
    record PodNetwork(String namespace, String address, String link) {}

    PodNetwork addPod() {
        int number = pods.getAndIncrement();
        PodNetwork pod = new PodNetwork(unique + "-p" + number, prefix + ".1." + number, unique + "p" + number);
        Shell.run("ip", "netns", "add", pod.namespace());
        Shell.run("ip", "-n", node(), "link", "add", pod.link(), "type", "veth", "peer", "name", "eth0", "netns", pod.namespace());
        Shell.run("ip", "-n", node(), "addr", "add", "169.254.1.1/32", "dev", pod.link());
        Shell.run("ip", "-n", node(), "link", "set", pod.link(), "up");
        Shell.run("ip", "-n", node(), "route", "add", pod.address() + "/32", "dev", pod.link());
        Shell.run("ip", "-n", pod.namespace(), "link", "set", "lo", "up");
        Shell.run("ip", "-n", pod.namespace(), "addr", "add", pod.address() + "/32", "dev", "eth0");
        Shell.run("ip", "-n", pod.namespace(), "link", "set", "eth0", "up");
        Shell.run("ip", "-n", pod.namespace(), "route", "add", "169.254.1.1", "dev", "eth0", "scope", "link");
        Shell.run("ip", "-n", pod.namespace(), "route", "add", "default", "via", "169.254.1.1");
        return pod;
    }

    void removePod(PodNetwork pod) {
        Shell.attempt("", List.of("ip", "netns", "del", pod.namespace()));
        Shell.attempt("", List.of("ip", "-n", node(), "link", "del", pod.link()));
    }

    /** Sends on what goes to Services, by their EndpointSlices. */
    synchronized void route(List<ObjectNode> serviceList, Store store) {
        StringBuilder chain = new StringBuilder();
        for (ObjectNode service : serviceList) {
            String address = service.path("spec").path("clusterIP").asString("");
            String balancer = service.path("status").path("loadBalancer").path("ingress").path(0).path("ip").asString("");
            for (JsonNode port : service.path("spec").path("ports")) {
                rules(service, port, address, port.path("port").asInt(0), store, chain);
                rules(service, port, balancer, port.path("port").asInt(0), store, chain);
                rules(service, port, nodeAddress(), port.path("nodePort").asInt(0), store, chain);
            }
        }
        String table = "table ip services\ndelete table ip services\ntable ip services {\n chain prerouting {\n"
                + "  type nat hook prerouting priority dstnat;\n" + chain + " }\n}\n";
        if (!table.equals(rules)) {
            Shell.feed(table, "ip", "netns", "exec", node(), "nft", "-f", "-");
            rules = table;
        }
    }

    private static void rules(ObjectNode service, JsonNode port, String address, int at, Store store, StringBuilder into) {
        List<String> targets = new ArrayList<>();
        String name = service.path("metadata").path("name").asString("");
        String namespace = service.path("metadata").path("namespace").asString("");
        for (ObjectNode slice : store.list("endpointslices.discovery.k8s.io", namespace)) {
            if (slice.path("metadata").path("labels").path("kubernetes.io/service-name").asString("").equals(name)) {
                targets(slice, port.path("name").asString(""), targets);
            }
        }
        if (targets.isEmpty() || address.isEmpty() || address.equals("None") || at == 0) {
            return;
        }
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < targets.size(); i++) {
            map.append(i == 0 ? "" : ", ").append(i).append(" : ").append(targets.get(i));
        }
        into.append("  ip daddr %s tcp dport %d dnat ip to numgen inc mod %d map { %s }\n"
                .formatted(address, at, targets.size(), map));
    }

    private static void targets(ObjectNode slice, String portName, List<String> into) {
        for (JsonNode port : slice.path("ports")) {
            if (port.path("name").asString("").equals(portName)) {
                for (JsonNode endpoint : slice.path("endpoints")) {
                    if (endpoint.path("conditions").path("ready").asBoolean(false)) {
                        into.add(endpoint.path("addresses").path(0).asString("") + " . " + port.path("port").asInt(0));
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        Shell.attempt("", List.of("ip", "link", "del", unique + "h"));
        Shell.attempt("", List.of("ip", "netns", "del", node()));
    }
}
