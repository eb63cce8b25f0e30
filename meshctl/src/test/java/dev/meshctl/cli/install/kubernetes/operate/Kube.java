package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.Environment;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import dev.meshctl.cli.install.kubernetes.apply.Pacing;
import dev.meshctl.cli.install.kubernetes.checkpoint.Deployed;
import dev.meshctl.cli.install.kubernetes.checkpoint.GivenValues;
import dev.meshctl.cli.install.kubernetes.checkpoint.Release;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Progress;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A cluster to install into: an API server, and a clock that a pause moves. */
public final class Kube implements AutoCloseable {
    public static final String NAMESPACED = "/api/v1/namespaces/mesh-system/";
    public static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/mesh-system/deployments/";
    public static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";

    private final FakeApiServer server = new FakeApiServer();
    private final KubernetesClient client;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Progress progress;
    private final Instant began = Instant.now();
    private volatile Duration passed = Duration.ZERO;
    private volatile boolean ticking;
    private Runnable onPause = () -> {};

    public Kube() {
        client = client(server.url());
        PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        progress = new Console(new Environment(Map.of(), Path.of("."), new ByteArrayInputStream(new byte[0]), stream, stream,
                Environment.Terminals.NONE, 120), OutputFormat.TABLE).progress();
    }

    /** A client that tries again soon. */
    public static KubernetesClient client(String url) {
        return new KubernetesClientBuilder().withHttpClientFactory(new JdkHttpClientFactory())
                .withConfig(new ConfigBuilder().withAutoConfigure(false).withMasterUrl(url).withRequestRetryBackoffLimit(3)
                        .withRequestRetryBackoffInterval(1).withConnectionTimeout(30_000).withRequestTimeout(60_000).build()).build();
    }

    public FakeApiServer server() {
        return server;
    }

    /** What happens while somebody waits. */
    public void onPause(Runnable what) {
        onPause = what;
    }

    public TargetCluster place() {
        Pacing pacing = new Pacing() {
            @Override
            public Instant instant() {
                return (ticking ? Instant.now() : began).plus(passed);
            }

            @Override
            public void pause() {
                passed = passed.plus(BETWEEN_LOOKS);
                onPause.run();
            }
        };
        return new TargetCluster("west", new ClusterApi(client), pacing, Duration.ofSeconds(20), "tester");
    }

    /** Moves the clock of this machine, not that of the API server. */
    public void shiftClock(Duration by) {
        passed = passed.plus(by);
    }

    /** From now on the clock goes on by itself too, as that of the API server does. */
    public void clockTicks() {
        ticking = true;
    }

    public Progress progress() {
        return progress;
    }

    public String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    /** A first installation of the minimal profile, unless settings say otherwise. */
    public static Wanted wanted(String version, Conflicts conflicts, String... settings) {
        Deployed deployed = Deployed.of(version, new GivenValues("minimal", List.of(), List.of(settings)));
        return new Wanted(Release.of("west", List.of(deployed)), "install", conflicts);
    }

    /** Installs, as it should be. */
    public Wanted install(String version, String... settings) {
        Wanted wanted = wanted(version, Conflicts.REFUSE, settings);
        Installer installer = new Installer(place());
        installer.carryOut(installer.prepare(wanted), progress);
        return wanted;
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
