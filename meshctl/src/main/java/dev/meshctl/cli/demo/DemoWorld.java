package dev.meshctl.cli.demo;

import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.run.RunSpec;
import dev.meshctl.cli.run.RunningWorkload;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.sample.HttpAnswer;
import dev.meshctl.sample.LoadClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What the steps of the tour share: the two clusters, the workloads, and how to look at them. */
final class DemoWorld implements AutoCloseable {
    /** On a machine that is busy with other things too; what works takes a second or two. */
    static final Duration SOON = Duration.ofSeconds(90);
    /** Few, so that a slow machine slows the load instead of failing it. */
    private static final int IN_FLIGHT = 8;
    static final Duration REQUEST = Duration.ofSeconds(15);

    private final Context context;
    private final Path home;
    private final Cluster west;
    private final Cluster east;
    private final Progress silent;
    private final Map<String, RunningWorkload> workloads = new ConcurrentHashMap<>();
    private final Map<String, Integer> appPorts = new ConcurrentHashMap<>();
    private volatile boolean closing;

    /** Puts both clusters into an empty fleet; starts nothing. */
    DemoWorld(Context context, Path home, Progress silent) {
        this.context = context;
        this.home = home;
        this.silent = silent;
        this.west = context.platform().add(new Platform.NewLocalCluster("west", "", "", "", ""));
        this.east = context.platform().add(new Platform.NewLocalCluster("east", "", "", "", ""));
    }

    Context context() {
        return context;
    }

    Cluster west() {
        return west;
    }

    Cluster east() {
        return east;
    }

    /** Where the logs are. */
    Path home() {
        return home;
    }

    ControlPlane control(Cluster cluster) {
        return new ControlPlane(context.connections(), cluster);
    }

    void install(Cluster cluster) {
        context.platform().install(cluster, silent);
    }

    void apply(Cluster cluster, List<Map<String, Object>> resources) throws DemoFailure {
        try {
            control(cluster).apply(resources, false, "demo");
        } catch (CliError e) {
            throw new DemoFailure(cluster.name() + ": " + e.getMessage(), e);
        }
    }

    /** Starts a sample service and waits until the mesh sends it traffic. */
    RunningWorkload start(SampleProcess process) throws DemoFailure, InterruptedException {
        if (closing) {
            throw new InterruptedException("the demo ends");
        }
        RunSpec spec = process.spec(home.resolve("logs"));
        RunningWorkload workload = context.workloads().start(spec);
        workloads.put(process.key(), workload);
        appPorts.put(process.key(), SampleProcess.appPort(spec));
        if (!workload.awaitReady(SOON)) {
            throw new DemoFailure(process.key() + " did not become ready; its log is " + spec.log().orElse(home));
        }
        Await.that("the control plane knows " + process.key(), SOON, () -> isRegistered(process));
        return workload;
    }

    private boolean isRegistered(SampleProcess process) {
        try {
            return isReady(process);
        } catch (CliError e) {
            // A control plane that has just come back may not be reached by the first attempts.
            return false;
        }
    }

    private boolean isReady(SampleProcess process) {
        return control(process.cluster()).services(Resources.NAMESPACE).stream()
                .filter(view -> view.getName().equals(process.service()))
                .flatMap(view -> view.getSourcesList().stream()).filter(ServiceSource::getLocal)
                .flatMap(source -> source.getVersionsList().stream())
                .anyMatch(view -> view.getVersion().equals(process.version()) && view.getReady() > 0);
    }

    /** A started workload, by {@code cluster/service/version}. */
    RunningWorkload workload(String key) throws DemoFailure {
        RunningWorkload workload = workloads.get(key);
        if (workload == null) {
            throw new DemoFailure(key + " does not run");
        }
        return workload;
    }

    /** One GET through the outbound side of a workload. */
    HttpAnswer get(String from, String url) throws DemoFailure {
        try {
            return LoadClient.get(outbound(from), URI.create(url), REQUEST);
        } catch (IOException e) {
            throw new DemoFailure("GET " + url + " as " + from + ": " + e.getMessage(), e);
        }
    }

    /** One GET of an application's own port, past the mesh, as its users outside the mesh do. */
    HttpAnswer getDirectly(String key) throws DemoFailure {
        int port = appPorts.getOrDefault(key, 0);
        try {
            return LoadClient.get(new InetSocketAddress("127.0.0.1", port),
                    URI.create("http://127.0.0.1:" + port + "/"), REQUEST);
        } catch (IOException e) {
            throw new DemoFailure("GET 127.0.0.1:" + port + ": " + e.getMessage(), e);
        }
    }

    /** Steady load through the outbound side of a workload. */
    LoadClient load(String from, String url, double perSecond) throws DemoFailure {
        return LoadClient.paced(outbound(from), URI.create(url), perSecond, IN_FLIGHT);
    }

    private InetSocketAddress outbound(String key) throws DemoFailure {
        return HostPort.parse(workload(key).outbound()).toSocketAddress();
    }

    /** Does all of it at the same time and waits for the end of all. */
    static void together(List<Callable<Void>> work) throws DemoFailure, InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Void> each : threads.invokeAll(work)) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    throw asFailure(e.getCause() == null ? e : e.getCause());
                }
            }
        }
    }

    private static DemoFailure asFailure(Throwable cause) throws InterruptedException {
        return switch (cause) {
            case DemoFailure failure -> failure;
            case InterruptedException interrupted -> throw interrupted;
            default -> new DemoFailure(
                    cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
        };
    }

    /** Stops every workload and both clusters, and removes their data; safe to call twice and from any thread. */
    @Override
    public synchronized void close() {
        closing = true;
        List<Callable<Void>> work = new ArrayList<>();
        workloads.values().forEach(workload -> work.add(() -> {
            workload.stop(Duration.ofSeconds(2));
            return null;
        }));
        workloads.clear();
        quietly(work);
        quietly(List.of(west, east).stream().<Callable<Void>>map(cluster -> () -> {
            context.platform().uninstall(cluster, silent);
            return null;
        }).toList());
        context.close();
    }

    private static void quietly(List<Callable<Void>> work) {
        try {
            together(work);
        } catch (DemoFailure e) {
            System.getLogger(DemoWorld.class.getName())
                    .log(System.Logger.Level.WARNING, "while the demo ended: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
