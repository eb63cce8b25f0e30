package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** A cluster of one node that runs what is installed into it; see the package. */
public final class RunningCluster implements AutoCloseable {
    private static final List<String> TOOLS = List.of("ip", "nft", "setpriv", "curl", "unshare", "nsenter", "chroot");

    private final Store store = new Store();
    private final Tokens tokens = new Tokens(store);
    private final Rbac rbac = new Rbac(store);
    private final Admission admission = new Admission(store);
    private final ApiRequests requests = new ApiRequests(store, tokens, rbac, admission);
    private final ApiFaults faults;
    private final ClusterNetwork network;
    private final ServerCertificate certificate;
    private final ApiServer server;
    private final KubeDns dns;
    private final Kubelet kubelet;
    private final List<Thread> threads;

    /**
     * Starts one.
     *
     * @param directory for what its pods keep
     * @param jars of this build, with all that it needs to run
     */
    public RunningCluster(Path directory, Path jars) throws IOException {
        this(directory, jars, 1);
    }

    /** @param seed of what goes wrong while its faults are on */
    public RunningCluster(Path directory, Path jars, long seed) throws IOException {
        Shell.run("chmod", "755", directory.toString());
        faults = new ApiFaults(seed);
        network = new ClusterNetwork();
        certificate = ServerCertificate.of(List.of(network.host()));
        server = new ApiServer(network.host(), store, requests, certificate, faults);
        dns = new KubeDns(network.host(), store);
        kubelet = new Kubelet(store, tokens, network, certificate, Files.createDirectories(directory.resolve("pods")), jars,
                ClassData.of(jars), Map.of("KUBERNETES_SERVICE_HOST", network.host(), "KUBERNETES_SERVICE_PORT", String.valueOf(server.port())));
        requests.onCreate((path, object) -> Controllers.fill(path, object, network));
        server.logs((path, container) -> kubelet.pod(path.name()).map(pod -> pod.log(container)).orElse(""));
        server.networks(path -> kubelet.pod(path.name()).map(PodRun::networkNamespace));
        for (String namespace : List.of("default", "kube-system")) {
            object("v1", "Namespace", "", namespace);
        }
        object("v1", "Node", "", "node-1");
        threads = List.of(Thread.ofPlatform().daemon().name("controllers").start(new Controllers(store, requests, network)),
                Thread.ofPlatform().daemon().name("kubelet").start(kubelet));
    }

    /** What keeps such a cluster from running on this machine; empty if nothing does. */
    public static Optional<String> impossible() {
        if (!"root".equals(System.getProperty("user.name")) || !System.getProperty("os.name").equals("Linux")) {
            return Optional.of("needs root on Linux, to make network namespaces");
        }
        return TOOLS.stream().filter(tool -> List.of("/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/").stream()
                .noneMatch(in -> Files.isExecutable(Path.of(in + tool)))).findFirst()
                .map(tool -> "needs " + tool + "; apt-get install nftables iproute2 curl util-linux");
    }

    private ObjectNode object(String apiVersion, String kind, String namespace, String name) {
        ObjectNode tree = Store.JSON.createObjectNode().put("apiVersion", apiVersion).put("kind", kind);
        tree.putObject("metadata").put("name", name);
        return requests.create(new ResourcePath("", "v1", namespace, kind.equals("Node") ? "nodes" : "namespaces", "", ""), tree, false);
    }

    /** What may go wrong with requests to its API server; nothing until it is switched on. */
    public ApiFaults faults() {
        return faults;
    }

    /** Where this machine is for its pods. */
    public String host() {
        return network.host();
    }

    /** Where the first Service of type LoadBalancer is reached from this machine. */
    public String loadBalancerAddress() {
        return network.loadBalancerAddress();
    }

    /** A kubeconfig of who may do everything. */
    public Path kubeconfig(Path file, String context) throws IOException {
        return Files.writeString(file, kubeconfig(Map.of(context, this)));
    }

    /** A kubeconfig of who may do everything in several clusters, by context. */
    public static String kubeconfig(Map<String, RunningCluster> contexts) {
        ObjectNode config = Store.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Config");
        contexts.forEach((name, cluster) -> {
            config.withArray("contexts").addObject().put("name", name).putObject("context").put("cluster", name).put("user", name);
            config.withArray("clusters").addObject().put("name", name).putObject("cluster").put("server", cluster.address())
                    .put("certificate-authority-data", Base64.getEncoder().encodeToString(
                            cluster.certificate.pem().getBytes(StandardCharsets.UTF_8)));
            config.withArray("users").addObject().put("name", name).putObject("user").put("token", cluster.tokens.admin());
        });
        return config.toString();
    }

    private String address() {
        return "https://" + network.host() + ":" + server.port();
    }

    /** What gives access to it and is nobody else's business: credentials of its users and accounts, and where it is. */
    public List<String> secrets() {
        List<String> all = new ArrayList<>(tokens.all());
        all.add(address());
        return all;
    }

    /** Lets pods of both reach the load balancers of the other, and nothing else. */
    public void join(RunningCluster other) {
        network.join(other.network);
    }

    /** Creates objects as a user would; a list of YAML or JSON trees. */
    public void create(ObjectNode tree, String plural) {
        String apiVersion = tree.path("apiVersion").asString("");
        int slash = apiVersion.indexOf('/');
        requests.create(new ResourcePath(slash < 0 ? "" : apiVersion.substring(0, slash), apiVersion.substring(slash + 1),
                tree.path("metadata").path("namespace").asString(""), plural, "", ""), tree, false);
    }

    public Optional<ObjectNode> find(String kind, String namespace, String name) {
        return store.find(kind, namespace, name);
    }

    public List<ObjectNode> list(String kind, String namespace) {
        return store.list(kind, namespace);
    }

    /** All objects, as {@code KIND/NAMESPACE/NAME}. */
    public List<String> keys() {
        return store.keys();
    }

    public void delete(String kind, String namespace, String name) {
        store.delete(Store.of(kind, namespace, name), Store.JSON.createObjectNode(), kind.equals("pods"));
    }

    /** What was refused to service accounts. */
    public Set<String> refused() {
        return rbac.refused();
    }

    /** Calls of webhooks that failed. */
    public List<String> failedAdmissions() {
        return admission.failures();
    }

    /** All that it has stored, as text; what is encoded in Secrets in clear. */
    public String stored() {
        StringBuilder all = new StringBuilder();
        for (ObjectNode object : store.all()) {
            all.append(object).append('\n');
            if (object.path("kind").asString("").equals("Secret")) {
                object.path("data").forEach(value -> all.append(new String(
                        Base64.getDecoder().decode(value.asString("")), StandardCharsets.ISO_8859_1)).append('\n'));
            }
        }
        return all.toString();
    }

    /** Everything in it is gone at once, without a word: API server, node, pods. */
    public void powerFails() {
        server.goAway();
        kubelet.off(true);
    }

    public void powerComesBack() {
        // As a cluster has it of a node that has not been heard of.
        store.list("pods", "").forEach(pod -> store.change("pods", pod.path("metadata").path("namespace").asString(""),
                pod.path("metadata").path("name").asString(""), live -> {
                    live.path("status").path("conditions").forEach(condition -> ((ObjectNode) condition).put("status", "False"));
                    return live;
                }));
        kubelet.off(false);
        apiServerComesBack();
    }

    /** The API server answers nobody. */
    public void apiServerGoesAway() {
        server.goAway();
    }

    /** Without its history: whoever watched has to list again. */
    public void apiServerComesBack() {
        store.forget();
        server.comeBack();
    }

    /** A pod of a Deployment that is ready, and is not about to end. */
    public ObjectNode readyPod(String namespace, String deployment) {
        return pods(namespace, deployment).filter(RunningCluster::isReadyToStay).findFirst()
                .orElseThrow(() -> new AssertionError("no pod of " + deployment + " is ready"));
    }

    public boolean hasReadyPod(String namespace, String deployment) {
        return pods(namespace, deployment).anyMatch(RunningCluster::isReadyToStay);
    }

    /** Any pod of a Deployment, also one that is about to end. */
    public boolean hasPod(String namespace, String deployment) {
        return pods(namespace, deployment).findAny().isPresent();
    }

    /** How often containers of the pods of a Deployment were started again. */
    public int restarts(String namespace, String deployment) {
        return pods(namespace, deployment).flatMap(pod -> pod.path("status").path("containerStatuses").valueStream())
                .mapToInt(container -> container.path("restartCount").asInt(0)).sum();
    }

    private Stream<ObjectNode> pods(String namespace, String deployment) {
        return store.list("pods", namespace).stream()
                .filter(pod -> pod.path("metadata").path("name").asString("").startsWith(deployment + "-"));
    }

    private static boolean isReadyToStay(ObjectNode pod) {
        return !pod.path("metadata").has("deletionTimestamp") && Controllers.isReady(pod);
    }

    /** Runs a command in a container of a pod of a Deployment, of a ready one if there is any; both outputs. */
    public String exec(String namespace, String deployment, String container, String... command) {
        return running(namespace, deployment, container).exec(command).output();
    }

    /** Starts such a command; nobody hears what it says. */
    public Process start(String namespace, String deployment, String container, String... command) throws IOException {
        return running(namespace, deployment, container).start(command);
    }

    // One that was ready and answers a probe too late, as on a busy machine, still runs commands.
    private ContainerProcess running(String namespace, String deployment, String container) {
        return pods(namespace, deployment).sorted(Comparator.comparing(RunningCluster::isReadyToStay).reversed())
                .flatMap(pod -> kubelet.pod(pod.path("metadata").path("name").asString("")).stream())
                .map(run -> run.container(container)).filter(process -> process != null && process.isAlive()).findFirst()
                .orElseThrow(() -> new AssertionError("no container " + container + " of " + deployment + " runs"));
    }

    private PodRun run(ObjectNode pod) {
        return kubelet.pod(pod.path("metadata").path("name").asString("")).orElseThrow();
    }

    /** Kills a container with {@code kill -9}; the kubelet starts it again. */
    public void kill(String namespace, String deployment, String container) {
        ContainerProcess process = run(readyPod(namespace, deployment)).container(container);
        if (process != null) {
            process.kill();
        }
    }

    /** The last lines of all containers of all pods, for failures of tests. */
    public String logs() {
        StringBuilder all = new StringBuilder();
        for (ObjectNode pod : store.list("pods", "")) {
            kubelet.pod(pod.path("metadata").path("name").asString("")).ifPresent(run -> {
                for (String part : List.of("containers", "initContainers")) {
                    pod.path("spec").path(part).forEach(container -> all.append("--- ").append(run.name()).append(' ')
                            .append(container.path("name")).append('\n').append(run.log(container.path("name").asString(""))));
                }
            });
        }
        return all.toString();
    }

    @Override
    public void close() throws Exception {
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            thread.join();
        }
        kubelet.stopAll();
        server.close();
        dns.close();
        network.close();
    }
}
