package dev.meshctl.cli.proxy;

import dev.meshctl.api.proto.proxy.LogRequest;
import dev.meshctl.api.proto.proxy.LogResponse;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.operate.KubernetesClusters;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** What proxies say: on Kubernetes through the API server, which keeps it; locally in their log file. */
public final class ProxyLogs {
    private final FleetProxies proxies;
    private final KubernetesClusters kubernetes;

    public ProxyLogs(FleetProxies proxies, KubernetesClusters kubernetes) {
        this.proxies = proxies;
        this.kubernetes = kubernetes;
    }

    /**
     * What to read.
     *
     * @param lines the last so many
     * @param follow and what is said from now on
     * @param previous of the container before the present one; on Kubernetes only
     */
    public record Extent(int lines, boolean follow, boolean previous) {}

    /**
     * Reads, line by line. With {@code follow} it returns when the container ends or the thread is interrupted.
     *
     * @param line told on any thread, one after the other
     * @throws CliError if there is no log, or no right to read it
     */
    public void read(ProxyRef proxy, Extent extent, Consumer<String> line) throws InterruptedException {
        switch (proxy) {
            case ProxyRef.Hosting hosting -> readFile(hosting, extent, line);
            case ProxyRef.Sidecar sidecar -> readContainer(sidecar, extent, line);
        }
    }

    private static void readFile(ProxyRef.Hosting proxy, Extent extent, Consumer<String> line) throws InterruptedException {
        if (extent.previous()) {
            throw CliError.usage("--previous is for clusters on Kubernetes")
                    .because("the log of a local proxy goes on in one file when it is started again");
        }
        Path path = proxy.cluster().directory().resolve("mesh-proxy").resolve("log").resolve("mesh-proxy.log");
        LogFile file = new LogFile(path);
        try {
            file.last(extent.lines()).forEach(line);
            if (extent.follow()) {
                file.follow(line);
            }
        } catch (NoSuchFileException | FileNotFoundException e) {
            throw CliError.failed("there is no log of the proxy").at("cluster " + proxy.cluster().name())
                    .because("there is no file " + path).next("meshctl install --cluster " + proxy.cluster().name()).from(e);
        } catch (IOException e) {
            throw CliError.failed("cannot read the log of the proxy").at(path.toString())
                    .because(String.valueOf(e.getMessage())).next("ls -l " + path).from(e);
        }
    }

    private void readContainer(ProxyRef.Sidecar proxy, Extent extent, Consumer<String> line) {
        try (ClusterApi api = kubernetes.open(proxy.cluster())) {
            new PodLogs(proxy.cluster(), api).read(proxy, extent, line);
        }
    }

    /**
     * Lets a proxy say more or less for a while.
     *
     * @param level a word of the proxy's; empty: as it was started
     */
    public LogResponse level(ProxyRef proxy, String level, Duration length) {
        return proxies.ask(proxy, "cannot change the log level of " + proxy.name(), admin -> admin.log(LogRequest.newBuilder()
                .setLevel(level).setSeconds((int) length.toSeconds()).build()));
    }
}
