package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/** Runs every pod there is. */
final class Kubelet implements Runnable {
    private static final long LOOK_MS = 500;

    private final Store store;
    private final Tokens tokens;
    private final ClusterNetwork network;
    private final ServerCertificate certificate;
    private final Path directory;
    private final Path jars;
    private final Path classData;
    private final Map<String, String> apiServer;
    private final Map<String, PodRun> pods = new ConcurrentHashMap<>();
    private final Map<String, Thread> threads = new ConcurrentHashMap<>();
    private volatile boolean off;

    Kubelet(Store store, Tokens tokens, ClusterNetwork network, ServerCertificate certificate, Path directory, Path jars,
            Path classData, Map<String, String> apiServer) {
        this.store = store;
        this.tokens = tokens;
        this.network = network;
        this.certificate = certificate;
        this.directory = directory;
        this.jars = jars;
        this.classData = classData;
        this.apiServer = apiServer;
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
                    store.list("pods", "").forEach(this::look);
                } catch (Refused e) {
                    seen = -1;
                } catch (IllegalStateException | UncheckedIOException e) {
                    // As a kubelet does with what it cannot start: it says so, and tries again.
                    System.err.println("kubelet: " + e);
                    seen = -1;
                    Thread.sleep(LOOK_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(ObjectNode pod) {
        String uid = pod.path("metadata").path("uid").asString("");
        if (pod.path("metadata").has("deletionTimestamp")) {
            Optional.ofNullable(pods.get(uid)).ifPresentOrElse(PodRun::stop, () -> store.remove(Store.of("pods",
                    pod.path("metadata").path("namespace").asString(""), pod.path("metadata").path("name").asString(""))));
        } else if (!pods.containsKey(uid)) {
            try {
                Path own = Files.createDirectories(directory.resolve(pod.path("metadata").path("name").asString("")));
                PodRun run = new PodRun(store, network, pod, new PodFiles(store, tokens, certificate, pod,
                        Files.createDirectories(own.resolve("volumes"))), own, jars, classData, apiServer, () -> off);
                pods.put(uid, run);
                threads.put(uid, Thread.ofVirtual().start(run));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A pod by its name; also one that has ended. */
    Optional<PodRun> pod(String name) {
        return pods.values().stream().filter(pod -> pod.name().equals(name)).findFirst();
    }

    /** Whether its machine has no power: then nothing runs, and nobody says so. */
    void off(boolean without) {
        off = without;
    }

    /** Ends all pods at once. */
    void stopAll() throws InterruptedException {
        pods.values().forEach(PodRun::stop);
        for (Thread thread : threads.values()) {
            thread.join();
        }
    }
}
