package dev.meshctl.proxy.host;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.outbound.ProbeCall;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Live calls of a sidecar: in the name of its pod, by the pod's own way out, and to the mesh's probe only, so that nobody
 * calls anything else in the name of somebody's application. What makes them is opened for each and leaves nothing.
 */
public final class PodProber implements Prober {
    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(5);

    private final WorkloadHost host;
    private final EventLoops loops;

    public PodProber(WorkloadHost host, EventLoops loops) {
        this.host = host;
        this.loops = loops;
    }

    @Override
    public ProbeCall open(String url) throws ProbeRefused, InterruptedException {
        if (!isProbe(url)) {
            throw new ProbeRefused("a sidecar calls the mesh's probe only, http://" + ProbeWorkload.SERVICE + ".svc.CLUSTER.mesh/");
        }
        List<Workload> hosted = host.list();
        if (hosted.isEmpty()) {
            throw new ProbeRefused("its pod is not hosted yet");
        }
        try {
            return ProbeCall.open(hosted.getFirst().scope(), loops)
                    .toCompletableFuture().get(OPEN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new ProbeRefused("the probe's caller did not open: " + e, e);
        }
    }

    private static boolean isProbe(String url) {
        try {
            URI uri = URI.create(url);
            String host = uri.getHost();
            Optional<MeshHost> named = host == null ? Optional.empty() : MeshHost.parse(host, "");
            return "http".equals(uri.getScheme()) && named.map(MeshHost::service).filter(ProbeWorkload.SERVICE::equals).isPresent();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public void done(ProbeCall calls) {
        calls.close();
    }
}
