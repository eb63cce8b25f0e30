package dev.meshctl.testing;

import dev.meshctl.api.proto.admin.AcceptLinkRequest;
import dev.meshctl.api.proto.admin.CreateLinkTokenRequest;
import dev.meshctl.api.proto.admin.ListLinksRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Clusters in this JVM: the real trust bridge, control plane, gateway and proxy of each, on loopback ports that the
 * system chooses, with their files in a directory that is removed at the end. Started once for a test class:
 *
 * {@snippet :
 * @RegisterExtension
 * static final MeshExtension mesh = MeshExtension.clusters("west", "east").linked();
 * }
 */
public final class MeshExtension implements BeforeAllCallback, AfterAllCallback {
    private final List<String> names;
    private final Map<String, String> trustOptions = new LinkedHashMap<>();
    private final Map<String, TestCluster> clusters = new LinkedHashMap<>();
    private boolean linked;
    private Path directory = Path.of("");

    private MeshExtension(List<String> names) {
        this.names = names;
    }

    public static MeshExtension clusters(String... names) {
        return new MeshExtension(List.of(names));
    }

    /** Each cluster with each other one. */
    public MeshExtension linked() {
        linked = true;
        return this;
    }

    /** A setting of every trust bridge. */
    public MeshExtension trustOption(String name, String value) {
        trustOptions.put(name, value);
        return this;
    }

    public TestCluster cluster(String name) {
        TestCluster cluster = clusters.get(name);
        if (cluster == null) {
            throw new IllegalArgumentException("no cluster " + name);
        }
        return cluster;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        directory = Files.createTempDirectory("mesh-");
        for (String name : names) {
            TestCluster cluster = new TestCluster(name, directory.resolve(name), trustOptions);
            clusters.put(name, cluster);
            cluster.start();
        }
        if (linked) {
            for (int i = 0; i < names.size(); i++) {
                for (int j = i + 1; j < names.size(); j++) {
                    link(names.get(i), names.get(j));
                }
            }
        }
    }

    /** Links two clusters by a token of the second and waits until both say Active. */
    public void link(String west, String east) throws InterruptedException {
        String token = cluster(east).admin().createLinkToken(
                CreateLinkTokenRequest.newBuilder().setTtlSeconds(600).setForCluster(west).build()).getToken();
        cluster(west).admin().acceptLink(AcceptLinkRequest.newBuilder().setToken(token).build());
        awaitLink(west, east, "Active");
        awaitLink(east, west, "Active");
    }

    /** Waits until a cluster sees its link to a peer in a phase. */
    public void awaitLink(String cluster, String peer, String phase) throws InterruptedException {
        Eventually.holds(cluster + " says " + phase + " of " + peer, () ->
                cluster(cluster).admin().listLinks(ListLinksRequest.getDefaultInstance()).getLinksList().stream()
                        .anyMatch(link -> link.getPeer().equals(peer) && link.getPhase().equalsIgnoreCase(phase)));
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        List<TestCluster> backwards = new ArrayList<>(clusters.values());
        Collections.reverse(backwards);
        backwards.forEach(TestCluster::close);
        clusters.clear();
        remove(directory);
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
