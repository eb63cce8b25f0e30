package dev.meshctl.control.admission.server;

import dev.meshctl.control.admission.inject.InjectionFile;
import dev.meshctl.control.admission.inject.InjectionSettings;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.webhook.InjectionWebhook;
import dev.meshctl.control.admission.webhook.ValidationWebhook;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.file.DurableFile;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The webhooks of one replica, served, with certificates that renew themselves. */
public final class Webhooks implements AutoCloseable {
    /** As the webhook configurations name them. */
    static final String INJECT = "/inject";
    static final String VALIDATE = "/validate";

    private static final int MAX_INJECTION_BYTES = 64 * 1024;
    private static final System.Logger LOG = System.getLogger(Webhooks.class.getName());
    private static final Duration LOOK = Duration.ofMinutes(1);
    private static final Duration LOOK_WHILE_UNSETTLED = Duration.ofSeconds(2);

    private final WebhookCertificates certificates;
    private final WebhookServer server;
    private final ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("webhook-certificates").daemon().factory());
    /** Of the keeper's thread alone. */
    private Future<?> next = CompletableFuture.completedFuture(null);

    /**
     * Starts serving. Until there is a CA, connections are closed.
     *
     * @param namespaces the labels of namespaces
     * @param leads asked before each write; only the leader makes and renews the CA
     * @throws IOException if the address is in use, or what is to be injected cannot be read
     */
    public Webhooks(DaemonConfig config, KubernetesClient client, InjectionWebhook.Namespaces namespaces,
            BooleanSupplier leads, InstantSource clock, Counters counters) throws IOException {
        String namespace = config.option("namespace", "mesh-system");
        String revision = config.option("revision", "default");
        boolean promoted = config.option("promoted", "true").equals("true");
        certificates = new WebhookCertificates(client,
                new WebhookCertificates.Place(namespace, config.option("webhook-ca-secret", "webhook-ca"),
                        names(revision, namespace), !promoted),
                new WebhookConfigurations(client, revision, promoted, counters), leads, clock, counters);
        InjectionSettings settings =
                injection(Path.of(config.option("injection", "injection.json")), namespace, revision, promoted);
        server = new WebhookServer(address(config), certificates::context, Map.of(
                INJECT, new InjectionWebhook(new Injector(settings), namespaces, counters),
                VALIDATE, new ValidationWebhook(counters)), counters);
        keeper.execute(this::look);
    }

    private static InjectionSettings injection(Path file, String namespace, String revision, boolean promoted)
            throws IOException {
        byte[] content = DurableFile.read(file, MAX_INJECTION_BYTES)
                .orElseThrow(() -> new IOException(file + " does not exist; install the mesh again"));
        try {
            return InjectionFile.read(new String(content, StandardCharsets.UTF_8), namespace, revision, promoted);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage() + "; install the mesh again", e);
        }
    }

    private static InetSocketAddress address(DaemonConfig config) throws IOException {
        try {
            return config.listenAddress("webhooks");
        } catch (ConfigException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Of the Service that the webhook configurations point to. */
    private static List<String> names(String revision, String namespace) {
        String service = revision.equals("default") ? "control-plane" : "control-plane-" + revision;
        return List.of(service + "." + namespace + ".svc", service + "." + namespace, service,
                service + "." + namespace + ".svc.cluster.local");
    }

    private void look() {
        boolean settled = false;
        try {
            settled = certificates.look();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the certificate of the webhooks could not be looked after; trying again", e);
        }
        Duration pause = settled ? LOOK : LOOK_WHILE_UNSETTLED;
        next.cancel(false);
        if (!keeper.isShutdown()) {
            next = keeper.schedule(this::look, pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Where they are served, with the port that the system chose. */
    public InetSocketAddress address() {
        return server.address();
    }

    /** Looks at once instead of within a minute, as when this replica begins to lead. */
    public void lookNow() {
        if (!keeper.isShutdown()) {
            keeper.execute(this::look);
        }
    }

    @Override
    public void close() {
        keeper.shutdownNow();
        server.close();
    }
}
