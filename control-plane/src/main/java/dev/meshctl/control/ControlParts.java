package dev.meshctl.control;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.control.admin.AdminService;
import dev.meshctl.control.admin.MeshCatalog;
import dev.meshctl.control.admin.MeshStatus;
import dev.meshctl.control.admin.StoredShifts;
import dev.meshctl.control.distribute.ConfigDistributor;
import dev.meshctl.control.federation.DirectoryRecords;
import dev.meshctl.control.federation.GatewayAddresses;
import dev.meshctl.control.federation.GatewaySessions;
import dev.meshctl.control.federation.LinkRecords;
import dev.meshctl.control.federation.Links;
import dev.meshctl.control.federation.TrustSync;
import dev.meshctl.control.platform.KubernetesPlatform;
import dev.meshctl.control.platform.LocalPlatform;
import dev.meshctl.control.platform.Platform;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.shift.ShiftController;
import dev.meshctl.control.snapshot.MeshSettings;
import dev.meshctl.control.snapshot.MeshSource;
import dev.meshctl.control.snapshot.Snapshot;
import dev.meshctl.control.snapshot.SnapshotBuilder;
import dev.meshctl.control.snapshot.SnapshotPublisher;
import dev.meshctl.control.snapshot.TouchedServices;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.control.telemetry.TelemetryMetrics;
import dev.meshctl.control.telemetry.TelemetryRelay;
import dev.meshctl.control.telemetry.TelemetryService;
import dev.meshctl.control.telemetry.TelemetrySignals;
import dev.meshctl.control.telemetry.TelemetryStore;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.ProcessDescription;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/** The parts of a control plane and who tells whom of what. */
final class ControlParts {
    private static final System.Logger LOG = System.getLogger(ControlParts.class.getName());
    private static final Duration PATIENCE_FOR_BUNDLES = Duration.ofSeconds(30);

    private final DaemonConfig config;
    private final Identity identity;
    private final Consumer<AutoCloseable> closing;
    private final Counters counters = new Counters();
    /** Whether what was known of linked meshes is still here after a restart. */
    private final boolean keepsBundles;
    private final CountDownLatch heardOfBundles = new CountDownLatch(1);
    private final SnapshotPublisher publisher;
    private final Platform platform;
    private final MeshCatalog catalog;
    private final ImportRegistry imports;
    private final Links links;
    private final ConfigDistributor distributor;
    private final GatewaySessions gateways;
    private final GatewayAddresses addresses;
    private final TelemetryStore telemetry;
    private final TelemetryMetrics telemetryMetrics;
    private final TelemetryRelay relay;
    private final ShiftController shifts;
    private final MeshStatus status;
    private final AdminService admin;

    /** Reads all state; starts nothing that talks to others. */
    ControlParts(DaemonConfig config, InstantSource clock, Identity identity, Function<Counters, KubernetesClient> apiServer,
            Consumer<AutoCloseable> closing) throws IOException {
        this.config = config;
        this.identity = identity;
        this.closing = closing;
        Path data = config.dataDir();
        SecureRandom random = new SecureRandom();
        AuditLog audit = new AuditLog(data, clock, counters);
        publisher = new SnapshotPublisher(SnapshotPublisher.DEBOUNCE, counters);
        closing.accept(publisher);
        platform = platform(config, clock, apiServer);
        closing.accept(platform);
        ResourceStore store = platform.store();
        WorkloadRegistry workloads = platform.workloads();
        TrustSync trust = new TrustSync(identity.trustBridge(), random, counters);
        closing.accept(trust);
        Links.Mesh own = new Links.Mesh(config.cluster(), config.trustDomain());
        Path linkFiles = data.resolve("links");
        Optional<LinkRecords> records = platform.linkRecords();
        keepsBundles = records.isEmpty();
        links = new Links(own, linkFiles, records.isPresent() ? records.get() : DirectoryRecords.open(linkFiles), store, trust, clock, random, audit, counters);
        imports = new ImportRegistry(data.resolve("imports"), links::trustDomainOf, publisher::touch, counters);
        addresses = new GatewayAddresses(data.resolve("gateway-addresses"), counters);
        MeshSettings settings = new MeshSettings(store, new MeshSettings.Installed(
                config.cluster(), config.trustDomain().name(), config.option("region", ""), config.option("zone", "")));
        BundleSource trusted = () -> links.trusted(identity.bundles().current());
        MeshSource source = new MeshSource(
                store, workloads, imports, settings, addresses::literal, trusted);
        store.listen(outcomes -> publisher.touch(TouchedServices.of(outcomes)));
        distributor = new ConfigDistributor(Snapshot.NONE, senders(), clock, counters);
        publisher.listen(distributor::publish);
        publisher.start(new SnapshotBuilder(source, counters));
        gateways = new GatewaySessions(own, links, imports, addresses, this::exports,
                () -> identity.bundles().current().of(config.trustDomain()), publisher::touchMesh, clock, counters);
        telemetry = new TelemetryStore(clock);
        relay = new TelemetryRelay(platform::replicas, this::replica, counters);
        closing.accept(relay);
        telemetryMetrics = new TelemetryMetrics(telemetry, clock);
        catalog = new MeshCatalog(store, workloads, imports);
        shifts = new ShiftController(new StoredShifts(store, audit, catalog), new TelemetrySignals(telemetry), clock,
                platform::leads);
        closing.accept(shifts);
        status = new MeshStatus(
                new MeshStatus.About(config.cluster(), config.trustDomain(),
                        ProcessDescription.of(ControlParts.class, config.node()), clock.instant()),
                store, workloads, source, distributor, gateways, addresses, trusted,
                identity.trustBridgeError(), this::counts);
        admin = new AdminService(new AdminService.Parts(config.trustDomain(), store, workloads, imports, source, distributor,
                links, gateways, addresses, trusted, status, telemetry, shifts, audit, counters));
        connect(store);
    }

    private Platform platform(DaemonConfig config, InstantSource clock, Function<Counters, KubernetesClient> apiServer)
            throws IOException {
        String name = config.option("platform", "local");
        return switch (name) {
            case "local" -> new LocalPlatform(config, clock, publisher::touch, counters);
            case "kubernetes" -> new KubernetesPlatform(config, apiServer.apply(counters), clock, publisher::touch, counters);
            default -> throw new IOException(config.dataDir() + ": \"options.platform\" is \"" + name
                    + "\" but must be local or kubernetes");
        };
    }

    /** Who tells whom of changes. */
    private void connect(ResourceStore store) {
        store.listen(outcomes -> {
            if (outcomes.stream().anyMatch(o -> o.key().kind().equals(Kinds.MESH_LINK.name()))) {
                outcomes.stream().filter(o -> o.after().isEmpty()).flatMap(o -> o.before().stream())
                        .filter(MeshLink.class::isInstance).map(MeshLink.class::cast)
                        .forEach(link -> links.gone(link, platform.leads()));
                links.align(identity.bundles().current(), platform.leads());
                publisher.touchMesh(); // whom the mesh trusts goes by its links
                gateways.push();
            }
        });
        platform.onLeadership(leads -> {
            links.lead(leads);
            if (!leads) {
                gateways.close();
            }
        });
        links.listen(publisher::touchMesh);
        links.listenToRemovals(imports::forget);
        publisher.listen(update -> {
            if (update.exportsChanged()) {
                gateways.push();
            }
        });
    }

    private ManagedChannel replica(HostPort address) {
        SpiffeId self = SpiffeId.of(config.trustDomain(), SystemIdentity.CONTROL_PLANE);
        return MeshChannel.builder(address, identity.svids(), identity.bundles(), self::equals, null).build();
    }

    private ExecutorService senders() {
        ExecutorService senders = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("config-send-", 0).factory());
        closing.accept(senders::shutdownNow);
        return senders;
    }

    private Collection<LocalExport> exports() {
        Snapshot current = distributor.current();
        return current.exports().values();
    }

    /** Begins what goes on by itself. */
    void begin() throws IOException, InterruptedException {
        lookForGateway();
        platform.begin(new Platform.Mesh(catalog, imports, gateways::links));
        links.start();
        shifts.start();
        closing.accept(identity.watch().start(this::bundles));
        if (!keepsBundles) {
            awaitBundles();
        }
        ScheduledExecutorService housekeeping = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("housekeeping").daemon().factory());
        closing.accept(() -> {
            housekeeping.shutdownNow();
            housekeeping.awaitTermination(2, TimeUnit.SECONDS); // it writes files
        });
        var unused = housekeeping.scheduleWithFixedDelay(this::expire, 1, 1, TimeUnit.SECONDS);
    }

    /**
     * Proxies drop whom this control plane does not name. On Kubernetes a new one knows the bundles of linked meshes by the trust
     * bridge only, and nobody is sent here before this returns.
     */
    private void awaitBundles() throws InterruptedException {
        try {
            if (!heardOfBundles.await(PATIENCE_FOR_BUNDLES.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TimeoutException();
            }
            publisher.settle(PATIENCE_FOR_BUNDLES);
        } catch (TimeoutException e) {
            counters.increment("begun_without_bundles");
            LOG.log(System.Logger.Level.WARNING, "the trust bridge has told no bundles for {0} s; beginning without those of linked meshes",
                    PATIENCE_FOR_BUNDLES.toSeconds());
        }
    }

    private void expire() {
        // Each by itself: what goes on to fail must not keep the others from their turn.
        attempt("the registry", platform::expire);
        attempt("the gateway", this::lookForGateway);
        attempt("other replicas", relay::look);
        attempt("links", links::expire);
        attempt("bundles", () -> links.align(identity.bundles().current(), platform.leads()));
        attempt("sessions of gateways", () -> gateways.look(platform.leads()));
    }

    private void attempt(String what, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            counters.increment("housekeeping_failed");
            LOG.log(System.Logger.Level.ERROR, what + " could not be looked after; trying again", e);
        }
    }

    private void lookForGateway() {
        if (addresses.know(platform.gateway())) {
            counters.increment("gateway_addresses_changed");
            publisher.touchMesh();
            gateways.push();
        }
    }

    private void bundles(Bundles now) {
        if (now.of(config.trustDomain()).isEmpty()) {
            counters.increment("bundles_without_own");
            return;
        }
        try {
            identity.bundles().replace(now);
            links.align(now, platform.leads());
            publisher.touchMesh();
            gateways.push();
            heardOfBundles.countDown();
        } catch (IOException e) {
            counters.increment("bundles_not_stored");
            // The watch begins anew, and tells them again.
            throw new UncheckedIOException("new bundles are not in use yet: " + e.getMessage(), e);
        }
    }

    private Map<String, Long> counts() {
        Map<String, Long> all = new TreeMap<>(counters.snapshot());
        shifts.counters().forEach((cause, count) -> all.put("shift_" + cause, count));
        all.putAll(platform.counts());
        identity.counters().get().forEach((cause, count) -> all.put("identity_" + cause, count));
        return all;
    }

    String metrics() {
        return status.metrics() + telemetryMetrics.text();
    }

    /** So that clients look for a control plane that stays. */
    void endStreams() {
        distributor.close();
        gateways.close();
    }

    Counters counters() {
        return counters;
    }

    ConfigDistributor distributor() {
        return distributor;
    }

    Platform platform() {
        return platform;
    }

    TelemetryService telemetry() {
        return new TelemetryService(telemetry, config.trustDomain(), platform::isProxy, relay::pass, counters);
    }

    GatewaySessions gateways() {
        return gateways;
    }

    AdminService admin() {
        return admin;
    }
}
