package dev.meshctl.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.api.identity.SystemIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The image that this build made: read back, unpacked, and run as a container engine would; running it needs root. */
class ImageIT {
    /** As the injector says for the proxy. */
    private static final int PROXY_USER = 1337;

    @TempDir
    private static Path directory;

    private static ReadImage image;
    private static UnpackedImage unpacked;

    @BeforeAll
    static void unpackTheImage() throws Exception {
        image = ReadImage.of(Path.of(System.getProperty("image.tar")));
        assumeTrue(Files.isReadable(Path.of("/etc/shadow")), "needs root");
        unpacked = UnpackedImage.of(image, directory);
    }

    @Test
    void anyUserMayReadEverythingAndOnlyTheDirectoryForTemporaryFilesMayBeWritten() throws Exception {
        image.entries().forEach((path, entry) -> {
            if (!entry.isSymbolicLink() && !path.equals("/root")) {
                assertThat(entry.getMode() & 0444).as(path).isEqualTo(0444);
                assertThat(entry.getMode() & 0022).as(path).isEqualTo(path.equals("/tmp") ? 0022 : 0);
            }
        });
    }

    @Test
    void noShellAndNoProgramThatGainsRightsIsInTheImage() throws Exception {
        image.entries().forEach((path, entry) -> {
            assertThat(path).doesNotMatch(".*/s?bin/(sh|bash|dash|busybox|apt|dpkg)");
            if (entry.isFile()) {
                assertThat(entry.getMode() & 06000).as(path).isZero();
            }
        });
    }

    @Test
    void allComponentsServeAsAUserWithoutRightsOnAReadOnlyRootFileSystem() throws Exception {
        ContainedMesh mesh = new ContainedMesh(unpacked, PROXY_USER);
        try {
            mesh.startTrustBridge();
            mesh.start("control-plane", List.of("api", "metrics"), Map.of(), SystemIdentity.CONTROL_PLANE);
            mesh.start("federation-gateway", List.of("east-west", "metrics"), Map.of(), SystemIdentity.FEDERATION_GATEWAY);
            mesh.start("mesh-proxy", List.of("admin", "metrics"), Map.of("workload-range", ""), SystemIdentity.PROXY, SystemIdentity.PROBE);

            for (String component : List.of("trust-bridge", "control-plane", "federation-gateway", "mesh-proxy")) {
                Path java = javaBelow(mesh.process(component));
                assertThat(Files.readString(java.resolve("status"))).containsPattern("Uid:\\s+1337\\s+1337\\s+1337\\s+1337")
                        .contains("CapEff:\t0000000000000000");
                String maps = Files.readString(java.resolve("maps"));
                assertThat(maps).as("class data").contains("/usr/lib/meshctl/classes.aot");
                assertThat(maps).as("native TLS").contains("/usr/lib/meshctl/native/libnetty_tcnative_linux");
            }
        } finally {
            mesh.stop();
        }
    }

    @Test
    void aComponentThatDoesNotExistIsRefusedWithTheNamesOfThoseThatDo() throws Exception {
        Path log = directory.resolve("wrong.log");
        Process process = unpacked.start(PROXY_USER, log, "no-such-component");

        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
        assertThat(log).content().contains("no-such-component").contains("trust-bridge");
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "iptables"})
    void theTrafficOfAPodIsRedirectedByEitherTool(String backend) throws Exception {
        List<String> command = new ArrayList<>(unpacked.entryPoint());
        command.addAll(List.of("redirect", "--proxy-uid=1337", "--inbound-port=15006", "--outbound-port=15001",
                "--dns-port=15053", "--backend=" + backend, "--exclude-inbound-ports=15020"));

        assertThat(unpacked.output(0, command.toArray(String[]::new))).contains("15001");
    }

    @Test
    void nftChangesTheRulesOfANetworkWithWhatIsInTheImage() throws Exception {
        assertThat(unpacked.output(0, "/usr/sbin/nft", "add table inet mesh; list tables")).contains("table inet mesh");
    }

    @ParameterizedTest
    @ValueSource(strings = {"iptables", "ip6tables"})
    void whereTheKernelHasNoNfTablesIptablesDoes(String program) throws Exception {
        unpacked.output(0, "/usr/sbin/" + program, "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-m", "owner", "!",
                "--uid-owner", "1337", "-j", "REDIRECT", "--to-ports", "15001");
        assertThat(unpacked.output(0, "/usr/sbin/" + program + "-restore", "--version")).contains("legacy");
    }

    /** What the kernel says of the process in the container. */
    private static Path javaBelow(Process process) {
        return Path.of("/proc", String.valueOf(UnpackedImage.inside(process).pid()));
    }
}
