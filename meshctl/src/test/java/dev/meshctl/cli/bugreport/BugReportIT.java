package dev.meshctl.cli.bugreport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.ClosedPort;
import dev.meshctl.cli.testing.FakeApiServer;
import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.KubernetesCluster;
import dev.meshctl.testing.MeshExtension;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Reports of a local cluster, of one on Kubernetes in which every source has a secret planted, and of one that is dead. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class BugReportIT {
    private static final String PLANTED = "PLANTEDaGVsbG8gd29ybGQ";
    private static final String IN = "/namespaces/mesh-system/";

    @RegisterExtension
    static final MeshExtension mesh = MeshExtension.clusters("west", "east");

    @TempDir
    Path directory;

    private FakeApiServer api;
    private Home home;

    @BeforeEach
    void fleet() throws IOException {
        api = KubernetesCluster.around(mesh.cluster("west"));
        plantSecrets();
        home = new Home(directory, mesh.cluster("east"));
        Path kubeconfig = KubernetesCluster.kubeconfig(directory.resolve("kubeconfig"), "ctx", api.url());
        assertThat(home.meshctl("cluster", "add", "west", "--context", "ctx", "--kubeconfig", kubeconfig.toString()).code()).isZero();
        Path log = mesh.cluster("east").directory().resolve("mesh-proxy/log/mesh-proxy.log");
        Files.createDirectories(log.getParent());
        Files.writeString(log, "GET / authorization: Bearer " + PLANTED + "\nand a line that stays\n");
        Files.writeString(mesh.cluster("east").directory().resolve("mesh-proxy/console.log"),
                "-----BEGIN PRIVATE KEY-----\n" + PLANTED + "\n-----END PRIVATE KEY-----\n");
    }

    @AfterEach
    void close() {
        api.close();
    }

    private void plantSecrets() {
        String jwt = "eyJhbGciOiJSUzI1NiJ9." + PLANTED + "." + PLANTED;
        api.answer("GET", "/api/v1" + IN + "configmaps", KubernetesCluster.list("ConfigMapList",
                "{\"metadata\": {\"name\": \"trust-bridge\"}, \"data\": {\"config.json\": \"{\\\"joinToken\\\": \\\"" + PLANTED + "\\\"}\"}}"));
        api.answer("GET", "/api/v1" + IN + "events", KubernetesCluster.list("EventList",
                "{\"metadata\": {\"name\": \"e\"}, \"message\": \"login with " + jwt + " failed\"}"));
        api.answer("GET", "/api/v1" + IN + "services", KubernetesCluster.list("ServiceList",
                "{\"metadata\": {\"name\": \"s\", \"annotations\": {\"password\": \"" + PLANTED + "\"}}}"));
        api.answer("GET", "/apis/coordination.k8s.io/v1" + IN + "leases", KubernetesCluster.list("LeaseList"));
        api.answer("GET", "/apis/networking.k8s.io/v1" + IN + "networkpolicies", KubernetesCluster.list("NetworkPolicyList"));
        api.answer("GET", "/api/v1/namespaces", KubernetesCluster.list("NamespaceList",
                "{\"metadata\": {\"name\": \"shop\", \"annotations\": {\"kubectl.kubernetes.io/last-applied-configuration\": \"" + PLANTED + "\"}}}"));
        for (String kind : new String[] {"mutating", "validating"}) {
            api.answer("GET", "/apis/admissionregistration.k8s.io/v1/" + kind + "webhookconfigurations", KubernetesCluster.list("List"));
        }
        api.answer("GET", "/api/v1" + IN + "secrets", KubernetesCluster.list("SecretList",
                "{\"metadata\": {\"name\": \"ca\"}, \"kind\": \"Secret\", \"data\": {\"root.pem\": \"" + PLANTED + "\"}}"));
        api.answer("GET", "/api/v1" + IN + "pods/control-plane-1/log", "https://admin:" + PLANTED + "@db/ and meshctl link accept mlt1."
                + PLANTED + PLANTED + "\na line that stays\n");
        api.answer("GET", "/api/v1" + IN + "pods/trust-bridge-1/log", "API_KEY=" + PLANTED + "\n");
    }

    private static Map<String, String> contents(Path file) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                try (InputStream in = zip.getInputStream(entry)) {
                    contents.put(entry.getName(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        }
        return contents;
    }

    @Test
    void nothing_that_is_secret_is_in_it_whichever_source_it_comes_from() throws IOException {
        Path file = directory.resolve("report.zip");

        Home.Said said = home.meshctl("bug-report", "--file", file.toString());

        assertThat(said.code()).as(said.err()).isZero();
        Map<String, String> contents = contents(file);
        contents.forEach((name, text) -> assertThat(text).as(name)
                .doesNotContain(PLANTED).doesNotContain("of-the-user").doesNotContain("PRIVATE KEY-----\n"));
        assertThat(contents).containsKeys("versions.txt", "fleet.json", "verify.json", "summary.json",
                "west/kubernetes/configmaps.yaml", "west/kubernetes/events.yaml", "west/kubernetes/pods.yaml",
                "west/logs/control-plane-1/control-plane.log", "west/status.txt", "west/proxies.txt", "west/trust.txt",
                "east/status.txt", "east/mesh-proxy/mesh-proxy.log", "east/proxies/mesh-proxy/config.json", "east/proxies/mesh-proxy/stats.txt");
        assertThat(contents.get("west/logs/control-plane-1/control-plane.log")).contains("a line that stays");
        assertThat(contents.get("east/mesh-proxy/mesh-proxy.log")).contains("and a line that stays");
        assertThat(contents.get("summary.json")).contains("\"private key\" : 1").contains("\"JWT\" : 1");
        assertThat(said.out()).contains("taken out:").contains("1 × JWT");
    }

    @Test
    void it_is_for_its_owner_only_and_nothing_half_done_is_left() throws IOException {
        Path file = directory.resolve("report.zip");
        assertThat(home.meshctl("bug-report", "--cluster", "east", "--file", file.toString()).code()).isZero();

        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(home.meshctl("bug-report", "--cluster", "east", "--file", "no/such/directory.zip").code()).isEqualTo(1);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).noneMatch(name -> name.endsWith(".writing"));
        }
    }

    @Test
    void one_dead_cluster_and_a_missing_right_stop_nothing_and_are_told() throws IOException {
        api.answer("GET", "/api/v1" + IN + "events", asked -> FakeApiServer.refusal(403, "Forbidden", "events is forbidden: User"
                + " \"jane\" cannot list resource \"events\" in API group \"\" in the namespace \"mesh-system\""));
        Path file = directory.resolve("report.zip");

        Home.Said said;
        try (ClosedPort dead = new ClosedPort()) {
            Path kubeconfig = KubernetesCluster.kubeconfig(directory.resolve("dead"), "dead", dead.url());
            home.meshctl("cluster", "add", "gone", "--context", "dead", "--kubeconfig", kubeconfig.toString());
            said = home.meshctl("bug-report", "--file", file.toString(), "-o", "json");
        }

        assertThat(said.code()).isEqualTo(4);
        assertThat(said.out()).contains("\"silent\" : [ \"gone\" ]").contains("\"what\" : \"kubernetes/events.yaml\"")
                .contains("may not list events in namespace mesh-system");
        assertThat(contents(file)).containsKeys("west/status.txt", "east/status.txt").doesNotContainKey("west/kubernetes/events.yaml");
    }
}
