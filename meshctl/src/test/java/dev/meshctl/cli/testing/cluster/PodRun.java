package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The life of one pod, as a kubelet leads it: volumes, init containers, sidecars, containers, probes, the end. */
final class PodRun implements Runnable {
    private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    private static final long TICK_MS = 250;
    private static final int TICKS_WHEN_READY = 4;
    /** What Kubernetes takes where a probe does not say. */
    private static final int USUAL_FAILURES = 3;

    private final Store store;
    private final ClusterNetwork network;
    private final ObjectNode pod;
    private final PodFiles files;
    private final ClusterNetwork.PodNetwork own;
    private final Path directory;
    private final Path jars;
    private final Path classData;
    private final Map<String, String> apiServer;
    private final BooleanSupplier off;
    private final String startTime = Store.now();
    private final Map<String, ContainerProcess> running = new LinkedHashMap<>();
    private final Map<String, Boolean> ready = new LinkedHashMap<>();
    private final Map<String, Boolean> started = new LinkedHashMap<>();
    /** Probes for readiness that failed in a row. */
    private final Map<String, Integer> failures = new LinkedHashMap<>();
    private volatile boolean stopping;
    private String waitingFor = "";
    private int ticks;

    PodRun(Store store, ClusterNetwork network, ObjectNode pod, PodFiles files, Path directory, Path jars, Path classData,
            Map<String, String> apiServer, BooleanSupplier off) {
        this.store = store;
        this.network = network;
        this.pod = pod;
        this.files = files;
        this.directory = directory;
        this.jars = jars;
        this.classData = classData;
        this.apiServer = apiServer;
        this.off = off;
        this.own = network.addPod();
    }

    String name() {
        return pod.path("metadata").path("name").asString("");
    }

    private String namespace() {
        return pod.path("metadata").path("namespace").asString("");
    }

    String address() {
        return own.address();
    }

    String networkNamespace() {
        return own.namespace();
    }

    Path directory() {
        return directory;
    }

    /** Ends it, as soon as its processes end. */
    void stop() {
        stopping = true;
    }

    synchronized @Nullable ContainerProcess container(String name) {
        return running.get(name);
    }

    @Override
    public void run() {
        try {
            report();
            while (!stopping && !(waitingFor = files.update()).isEmpty()) {
                report();
                Thread.sleep(TICK_MS);
            }
            for (JsonNode init : pod.path("spec").path("initContainers")) {
                if (init.path("restartPolicy").asString("").equals("Always")) {
                    begin(init);
                    while (!stopping && !isStarted(init)) {
                        tick();
                    }
                } else {
                    complete(init);
                }
            }
            if (!stopping) {
                for (JsonNode container : pod.path("spec").path("containers")) {
                    begin(container);
                }
            }
            while (!stopping) {
                tick();
            }
        } catch (IOException e) {
            System.err.println("pod " + name() + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end();
        }
    }

    private void complete(JsonNode init) throws IOException, InterruptedException {
        ContainerProcess process = process(init);
        for (int attempt = 0; !stopping; attempt++) {
            process.start();
            while (!process.awaitEnd(TICK_MS)) {
                if (stopping) {
                    process.kill();
                }
            }
            if (process.exitCode() == 0) {
                return;
            }
            waitingFor = "init container " + process.name() + " ended with " + process.exitCode();
            report();
            Thread.sleep(TICK_MS << Math.min(attempt, 5));
        }
    }

    private ContainerProcess process(JsonNode container) {
        String search = namespace() + ".svc.cluster.local svc.cluster.local cluster.local";
        return new ContainerProcess(container, pod.path("spec").path("securityContext"),
                new ContainerProcess.Place(own.namespace(), jars, classData, directory,
                        "nameserver " + network.host() + "\nsearch " + search + "\noptions ndots:5\n"),
                files.mounts(container), environment(container));
    }

    private Map<String, String> environment(JsonNode container) {
        Map<String, String> environment = new LinkedHashMap<>(apiServer);
        for (JsonNode variable : container.path("env")) {
            String field = variable.path("valueFrom").path("fieldRef").path("fieldPath").asString("");
            String value = switch (field) {
                case "" -> variable.path("value").asString("").replace("$$", "$");
                case "status.podIP", "status.podIPs" -> own.address();
                case "status.hostIP" -> network.nodeAddress();
                default -> {
                    JsonNode at = pod;
                    for (String part : field.split("\\.")) {
                        at = at.path(part);
                    }
                    yield at.asString("");
                }
            };
            environment.put(variable.path("name").asString(""), value);
        }
        return environment;
    }

    private void begin(JsonNode container) throws IOException {
        ContainerProcess process = process(container);
        process.start();
        synchronized (this) {
            running.put(process.name(), process);
        }
    }

    private void tick() throws IOException, InterruptedException {
        if (off.getAsBoolean()) {
            running.values().forEach(ContainerProcess::kill);
            Thread.sleep(TICK_MS);
            return;
        }
        files.update();
        for (ContainerProcess process : List.copyOf(running.values())) {
            if (!process.isAlive()) {
                ready.put(process.name(), false);
                started.put(process.name(), false);
                report();
                Thread.sleep(TICK_MS << Math.min(process.restarts(), 5));
                process.start();
            }
            JsonNode definition = process.definition();
            boolean up = started.getOrDefault(process.name(), false) || probe(definition, "startupProbe");
            started.put(process.name(), up);
            // What is ready is asked less often, as kubelets do.
            if (!ready.getOrDefault(process.name(), false) || ticks % TICKS_WHEN_READY == 0) {
                ready.put(process.name(), up && process.isAlive() && isReady(process.name(), definition));
            }
        }
        ticks++;
        report();
        Thread.sleep(TICK_MS);
    }

    // One that was ready is given up after several failures, as kubelets do: an answer may be late on a busy machine.
    private boolean isReady(String name, JsonNode definition) throws InterruptedException {
        if (probe(definition, "readinessProbe")) {
            failures.remove(name);
            return true;
        }
        int limit = definition.path("readinessProbe").path("failureThreshold").asInt(USUAL_FAILURES);
        return failures.merge(name, 1, Integer::sum) < limit && ready.getOrDefault(name, false);
    }

    private boolean isStarted(JsonNode container) {
        return started.getOrDefault(container.path("name").asString(""), false);
    }

    private boolean probe(JsonNode container, String which) throws InterruptedException {
        JsonNode get = container.path(which).path("httpGet");
        if (get.isMissingNode()) {
            return true;
        }
        int port = get.path("port").asInt(0);
        for (JsonNode each : container.path("ports")) {
            if (each.path("name").asString("").equals(get.path("port").asString(""))) {
                port = each.path("containerPort").asInt(0);
            }
        }
        URI uri = URI.create("http://" + own.address() + ":" + port + get.path("path").asString("/"));
        try {
            return HTTP.send(HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(3)).build(),
                    HttpResponse.BodyHandlers.discarding()).statusCode() < 400;
        } catch (IOException notYet) {
            return false;
        }
    }

    private void report() {
        boolean begun = !running.isEmpty();
        store.change("pods", namespace(), name(), live -> {
            ObjectNode status = live.putObject("status");
            boolean all = true;
            List<ObjectNode> inits = new ArrayList<>();
            List<ObjectNode> mains = new ArrayList<>();
            for (JsonNode each : pod.path("spec").path("initContainers")) {
                if (each.path("restartPolicy").asString("").equals("Always")) {
                    ObjectNode one = statusOf(each);
                    all &= one.path("ready").asBoolean(false);
                    inits.add(one);
                }
            }
            for (JsonNode each : pod.path("spec").path("containers")) {
                ObjectNode one = statusOf(each);
                all &= one.path("ready").asBoolean(false);
                mains.add(one);
            }
            status.put("phase", begun ? "Running" : "Pending").put("startTime", startTime).put("hostIP", network.nodeAddress())
                    .put("podIP", own.address());
            status.putArray("podIPs").addObject().put("ip", own.address());
            ArrayNode conditions = status.putArray("conditions");
            conditions.addObject().put("type", "Ready").put("status", all ? "True" : "False");
            conditions.addObject().put("type", "PodScheduled").put("status", "True");
            inits.forEach(status.putArray("initContainerStatuses")::add);
            mains.forEach(status.putArray("containerStatuses")::add);
            return live;
        });
    }

    private ObjectNode statusOf(JsonNode container) {
        String containerName = container.path("name").asString("");
        ContainerProcess process = container(containerName);
        ObjectNode one = Store.JSON.createObjectNode().put("name", containerName).put("image", container.path("image").asString(""))
                .put("ready", ready.getOrDefault(containerName, false)).put("started", started.getOrDefault(containerName, false))
                .put("restartCount", process == null ? 0 : process.restarts());
        if (process != null && process.isAlive()) {
            one.putObject("state").putObject("running").put("startedAt", startTime);
        } else {
            one.putObject("state").putObject("waiting").put("reason", process == null ? "PodInitializing" : "CrashLoopBackOff")
                    .put("message", waitingFor);
        }
        return one;
    }

    // Containers first, then sidecars, the last one first.
    private void end() {
        try {
            long deadline = System.nanoTime() + 1_000_000_000L * pod.path("spec").path("terminationGracePeriodSeconds").asLong(30);
            List<ContainerProcess> sidecars = new ArrayList<>();
            List<ContainerProcess> mains = new ArrayList<>();
            running.values().forEach(each -> (each.definition().path("restartPolicy").asString("").equals("Always")
                    ? sidecars : mains).add(each));
            end(mains, deadline);
            end(sidecars.reversed(), deadline);
        } catch (InterruptedException e) {
            running.values().forEach(ContainerProcess::kill);
            Thread.currentThread().interrupt();
        } finally {
            network.removePod(own);
            store.find("pods", namespace(), name())
                    .filter(live -> live.path("metadata").path("uid").equals(pod.path("metadata").path("uid")))
                    .ifPresent(live -> store.remove(Store.of("pods", namespace(), name())));
        }
    }

    private static void end(List<ContainerProcess> processes, long deadlineNanos) throws InterruptedException {
        processes.forEach(ContainerProcess::terminate);
        for (ContainerProcess each : processes) {
            if (!each.awaitEnd(Math.max(0, (deadlineNanos - System.nanoTime()) / 1_000_000))) {
                each.kill();
                each.awaitEnd(5_000);
            }
        }
    }

    /** What its containers have said. */
    String log(String container) {
        Path log = directory.resolve(container + ".log");
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            return e.toString();
        }
    }
}
