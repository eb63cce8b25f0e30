package dev.meshctl.kubernetes.testing;

import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/** An API server in memory with a client, for one test. */
public final class MockApi implements AutoCloseable {
    private static final int PATIENCE_MILLIS = (int) TimeUnit.SECONDS.toMillis(Await.SECONDS);

    private final KubernetesMockServer server;
    private final KubernetesClient client;

    private MockApi(KubernetesMockServer server) {
        this.server = server;
        server.init(InetAddress.getLoopbackAddress(), 0);
        client = server.createClient(builder -> builder.editOrNewConfig()
                .withRequestTimeout(PATIENCE_MILLIS).withConnectionTimeout(PATIENCE_MILLIS).endConfig());
    }

    /** Keeps what is written to it, and tells watches of it. */
    public static MockApi crud() {
        Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
        return new MockApi(new KubernetesMockServer(
                new Context(), new MockWebServer(), responses, new KubernetesMixedDispatcher(responses), false));
    }

    /** Answers what it is told to expect, and 404 to all else. */
    public static MockApi scripted() {
        return new MockApi(new KubernetesMockServer(false));
    }

    public KubernetesMockServer server() {
        return server;
    }

    /** Closed with the server; whoever watches is to be closed before. */
    public KubernetesClient client() {
        return client;
    }

    @Override
    public void close() {
        client.close();
        try {
            server.destroy();
        } catch (IllegalStateException e) {
            // It gives up after 10 s, which its event loops may need on a busy machine. No test is wrong because of that.
            System.getLogger(MockApi.class.getName()).log(System.Logger.Level.INFO, "the mock did not close in time", e);
        }
    }
}
