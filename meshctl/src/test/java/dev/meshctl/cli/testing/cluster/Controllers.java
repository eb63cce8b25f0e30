package dev.meshctl.cli.testing.cluster;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What controllers make of objects: pods of Deployments, endpoints of Services, definitions, namespaces that end. */
final class Controllers implements Runnable {
    private static final String DEPLOYMENTS = "deployments.apps";
    private static final String SLICES = "endpointslices.discovery.k8s.io";
    private static final String DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
    private static final String HASH = "pod-template-hash";
    private static final long LOOK_MS = 500;

    private final Store store;
    private final ApiRequests requests;
    private final ClusterNetwork network;
    private int created;

    Controllers(Store store, ApiRequests requests, ClusterNetwork network) {
        this.store = store;
        this.requests = requests;
        this.network = network;
    }

    /** What is set on an object when it is created. */
    static ObjectNode fill(ResourcePath path, ObjectNode object, ClusterNetwork network) {
        ObjectNode filled = object;
        if (path.kind().equals("namespaces")) {
            filled.withObject("metadata").withObject("labels").put("kubernetes.io/metadata.name", path.name());
            filled.putObject("status").put("phase", "Active");
        }
        if (path.kind().equals("services") && filled.path("spec").path("clusterIP").isMissingNode()) {
            String address = network.newClusterIp();
            filled.withObject("spec").put("clusterIP", address).putArray("clusterIPs").add(address);
            if (!filled.path("spec").path("type").asString("ClusterIP").equals("ClusterIP")) {
                int last = Integer.parseInt(address.substring(address.lastIndexOf('.') + 1));
                filled.path("spec").path("ports").forEach(port -> ((ObjectNode) port).put("nodePort", 30_000 + last));
            }
        }
        if (path.kind().equals("pods")) {
            filled.withObject("spec").put("nodeName", "node-1");
            if (!filled.path("spec").has("serviceAccountName")) {
                filled.withObject("spec").put("serviceAccountName", "default");
            }
        }
        return filled;
    }

    @Override
    public void run() {
        long seen = -1;
        try {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    if (seen == store.version()) {
                        store.since(seen, event -> true, LOOK_MS);
                    }
                    seen = store.version();
                    reconcile();
                } catch (Refused e) {
                    // Somebody else was quicker; the next look sees what there is then.
                    Thread.sleep(LOOK_MS / 10);
                } catch (IllegalStateException e) {
                    System.err.println("controllers: " + e);
                    seen = -1;
                    Thread.sleep(LOOK_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void reconcile() {
        store.list(DEFINITIONS, "").forEach(definition -> store.change(DEFINITIONS, "", name(definition), live -> {
            if (live.path("status").path("conditions").isEmpty()) {
                live.withObject("status").putArray("conditions").addObject().put("type", "Established").put("status", "True");
            }
            return live;
        }));
        store.list("namespaces", "").forEach(this::namespace);
        store.list(DEPLOYMENTS, "").forEach(this::deployment);
        collectGarbage();
        store.list("services", "").stream().filter(s -> s.path("spec").path("type").asString("").equals("LoadBalancer"))
                .forEach(service -> store.change("services", namespaceOf(service), name(service), live -> {
                    live.putObject("status").putObject("loadBalancer").putArray("ingress").addObject()
                            .put("ip", network.loadBalancerAddress());
                    return live;
                }));
        List<ObjectNode> services = store.list("services", "");
        services.forEach(this::endpoints);
        network.route(services, store);
    }

    private static String name(JsonNode object) {
        return object.path("metadata").path("name").asString("");
    }

    private static String namespaceOf(JsonNode object) {
        return object.path("metadata").path("namespace").asString("");
    }

    private static boolean ends(JsonNode object) {
        return object.path("metadata").has("deletionTimestamp");
    }

    private void namespace(ObjectNode namespace) {
        String name = name(namespace);
        if (!ends(namespace)) {
            if (store.find("serviceaccounts", name, "default").isEmpty()) {
                store.create(Store.of("serviceaccounts", name, "default"), Store.JSON.createObjectNode()
                        .put("apiVersion", "v1").put("kind", "ServiceAccount"));
            }
            return;
        }
        boolean empty = true;
        for (String key : store.keys()) {
            String[] parts = key.split("/");
            if (parts[1].equals(name)) {
                boolean pod = parts[0].equals("pods");
                store.delete(Store.of(parts[0], name, parts[2]), Store.JSON.createObjectNode(), pod);
                empty &= !pod;
            }
        }
        if (empty) {
            store.remove(Store.of("namespaces", "", name));
        }
    }

    private void deployment(ObjectNode deployment) {
        String namespace = namespaceOf(deployment);
        List<ObjectNode> pods = store.list("pods", namespace).stream()
                .filter(pod -> owner(pod).equals(deployment.path("metadata").path("uid").asString(""))).toList();
        if (ends(deployment)) {
            pods.forEach(this::deletePod);
            if (pods.isEmpty()) {
                store.remove(Store.of(DEPLOYMENTS, namespace, name(deployment)));
            }
            return;
        }
        String hash = Integer.toHexString(deployment.path("spec").path("template").hashCode());
        List<ObjectNode> fresh = pods.stream().filter(pod -> !ends(pod)
                && pod.path("metadata").path("labels").path(HASH).asString("").equals(hash)).toList();
        int wanted = deployment.path("spec").path("replicas").asInt(1);
        for (int i = fresh.size(); i < wanted; i++) {
            requests.create(new ResourcePath("", "v1", namespace, "pods", "", ""), pod(deployment, hash), false);
        }
        fresh.stream().skip(wanted).forEach(this::deletePod);
        int ready = (int) fresh.stream().filter(Controllers::isReady).count();
        if (ready >= wanted) {
            pods.stream().filter(pod -> !fresh.contains(pod)).forEach(this::deletePod);
        }
        int updated = fresh.size();
        store.change(DEPLOYMENTS, namespace, name(deployment), live -> {
            live.withObject("status").put("observedGeneration", deployment.path("metadata").path("generation").asLong(0))
                    .put("replicas", pods.size()).put("updatedReplicas", updated).put("readyReplicas", ready)
                    .put("availableReplicas", ready);
            return live;
        });
    }

    private ObjectNode pod(ObjectNode deployment, String hash) {
        JsonNode template = deployment.path("spec").path("template");
        ObjectNode pod = Store.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
        pod.set("metadata", template.path("metadata").deepCopy());
        pod.set("spec", template.path("spec").deepCopy());
        ObjectNode metadata = pod.withObject("metadata");
        metadata.put("name", name(deployment) + "-" + hash + "-" + ++created).put("namespace", namespaceOf(deployment));
        metadata.withObject("labels").put(HASH, hash);
        metadata.putArray("ownerReferences").addObject().put("apiVersion", "apps/v1").put("kind", "Deployment")
                .put("name", name(deployment)).put("uid", deployment.path("metadata").path("uid").asString("")).put("controller", true);
        return pod;
    }

    private static String owner(ObjectNode pod) {
        return pod.path("metadata").path("ownerReferences").path(0).path("uid").asString("");
    }

    private void deletePod(ObjectNode pod) {
        if (!ends(pod)) {
            store.delete(Store.of("pods", namespaceOf(pod), name(pod)), Store.JSON.createObjectNode(), true);
        }
    }

    static boolean isReady(JsonNode pod) {
        for (JsonNode condition : pod.path("status").path("conditions")) {
            if (condition.path("type").asString("").equals("Ready")) {
                return condition.path("status").asString("").equals("True");
            }
        }
        return false;
    }

    private void collectGarbage() {
        Set<String> owners = new HashSet<>();
        Set<String> kinds = new HashSet<>();
        store.list(DEPLOYMENTS, "").forEach(each -> owners.add(each.path("metadata").path("uid").asString("")));
        store.list(DEFINITIONS, "").forEach(each -> kinds.add(name(each)));
        store.list("pods", "").stream().filter(pod -> !owner(pod).isEmpty() && !owners.contains(owner(pod)))
                .forEach(this::deletePod);
        for (String key : store.keys()) {
            String[] parts = key.split("/");
            boolean custom = parts[0].endsWith("meshctl.dev") || parts[0].endsWith(".x-k8s.io") || parts[0].endsWith("gateway.networking.k8s.io");
            if (custom && !kinds.contains(parts[0])) {
                store.remove(Store.of(parts[0], parts[1], parts[2]));
            }
            if (parts[0].equals(SLICES) && store.find("services", parts[1], parts[2]).isEmpty()) {
                store.remove(Store.of(SLICES, parts[1], parts[2]));
            }
        }
    }

    private void endpoints(ObjectNode service) {
        JsonNode selector = service.path("spec").path("selector");
        if (selector.isEmpty()) {
            return;
        }
        String namespace = namespaceOf(service);
        ObjectNode slice = Store.JSON.createObjectNode().put("apiVersion", "discovery.k8s.io/v1").put("kind", "EndpointSlice")
                .put("addressType", "IPv4");
        slice.putObject("metadata").putObject("labels").put("kubernetes.io/service-name", name(service));
        List<ObjectNode> pods = store.list("pods", namespace).stream().filter(pod -> matches(selector, pod)
                && !pod.path("status").path("podIP").asString("").isEmpty()).toList();
        ArrayNode endpoints = slice.putArray("endpoints");
        pods.forEach(pod -> endpoint(endpoints.addObject(), pod));
        ArrayNode ports = slice.putArray("ports");
        service.path("spec").path("ports").forEach(port -> ports.addObject().put("name", port.path("name").asString(""))
                .put("protocol", "TCP").put("port", target(port, pods)));
        ResourcePath path = Store.of(SLICES, namespace, name(service));
        if (store.find(SLICES, namespace, name(service)).isEmpty()) {
            store.create(path, slice);
        } else {
            store.change(SLICES, namespace, name(service), live -> {
                live.set("endpoints", slice.path("endpoints"));
                live.set("ports", slice.path("ports"));
                return live;
            });
        }
    }

    private static boolean matches(JsonNode selector, ObjectNode pod) {
        return selector.properties().stream().allMatch(each ->
                pod.path("metadata").path("labels").path(each.getKey()).equals(each.getValue()));
    }

    private static void endpoint(ObjectNode endpoint, ObjectNode pod) {
        endpoint.putArray("addresses").add(pod.path("status").path("podIP").asString(""));
        boolean ready = isReady(pod);
        endpoint.putObject("conditions").put("ready", ready && !ends(pod)).put("serving", ready).put("terminating", ends(pod));
        endpoint.put("nodeName", "node-1");
        endpoint.putObject("targetRef").put("kind", "Pod").put("namespace", namespaceOf(pod)).put("name", name(pod))
                .put("uid", pod.path("metadata").path("uid").asString(""));
    }

    private static int target(JsonNode port, List<ObjectNode> pods) {
        JsonNode target = port.path("targetPort");
        if (target.isMissingNode()) {
            return port.path("port").asInt(0);
        }
        if (target.isNumber()) {
            return target.asInt(0);
        }
        for (ObjectNode pod : pods) {
            for (JsonNode container : pod.path("spec").path("containers")) {
                for (JsonNode each : container.path("ports")) {
                    if (each.path("name").asString("").equals(target.asString(""))) {
                        return each.path("containerPort").asInt(0);
                    }
                }
            }
        }
        return port.path("port").asInt(0);
    }
}
