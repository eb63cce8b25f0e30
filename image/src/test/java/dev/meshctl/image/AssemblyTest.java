package dev.meshctl.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The tar is read back as a container engine does. */
class AssemblyTest {
    private static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    private Path directory;

    private RootFiles files;
    private Jars jars;
    private BaseImage base;

    @BeforeEach
    void aRootWithARuntimeTwoJarsAndClassData() throws IOException {
        base = new BaseImage.Tar(TestBase.write(directory.resolve("base.tar")));
        files = new RootFiles(directory.resolve("root"), TIME);
        files.clear();
        jars = new Jars(List.of(directory.resolve("mesh.jar")), List.of(directory.resolve("netty.jar")), List.of());
        Files.writeString(directory.resolve("mesh.jar"), "ours");
        Files.writeString(directory.resolve("netty.jar"), "theirs");
        files.addJars(jars.classPath());
        Path java = files.at(JavaArguments.JAVA_HOME).resolve("bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, "elf");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        files.write(JavaArguments.FILE, "\"-cp\"\n");
        files.write(JavaArguments.CLASS_DATA, "archive");
        files.stamp();
    }

    @Test
    void anEngineFindsEveryBlobUnderItsDigestInBothFormats() throws Exception {
        String digest = build(directory.resolve("image.tar"), directory.resolve("work"));

        ReadImage image = ReadImage.of(directory.resolve("image.tar"));
        assertThat(image.digest()).isEqualTo(digest);
        assertThat(image.docker().path("RepoTags").path(0).asString()).isEqualTo("registry.example/meshctl:1.2.3");
        assertThat(image.index().path("manifests").path(0).path("annotations").path("org.opencontainers.image.ref.name").asString())
                .isEqualTo("registry.example/meshctl:1.2.3");
    }

    @Test
    void theImageRunsTheComponentThatItsFirstArgumentNamesAsAUserThatIsNotRoot() throws Exception {
        build(directory.resolve("image.tar"), directory.resolve("work"));

        JsonNode config = ReadImage.of(directory.resolve("image.tar")).config();
        assertThat(config.path("os").asString()).isEqualTo("linux");
        assertThat(config.path("architecture").asString()).isEqualTo(Assembly.architecture());
        assertThat(config.path("config").path("User").asString()).isEqualTo("65532:65532");
        assertThat(strings(config.path("config").path("Entrypoint")))
                .containsExactly("/usr/lib/meshctl/jre/bin/java", "@/usr/lib/meshctl/java.args", "dev.meshctl.component.Component");
        assertThat(strings(config.path("config").path("Cmd"))).isEmpty();
        assertThat(strings(config.path("config").path("Env"))).contains("XTABLES_LOCKFILE=/dev/shm/xtables.lock", "LANG=C.UTF-8");
        JsonNode labels = config.path("config").path("Labels");
        assertThat(labels.path("org.opencontainers.image.version").asString()).isEqualTo("1.2.3");
        assertThat(labels.path("org.opencontainers.image.revision").asString()).isEqualTo("abc123");
        assertThat(labels.path("org.opencontainers.image.created").asString()).isEqualTo("2026-01-01T00:00:00Z");
    }

    @Test
    void whatChangesWithEveryBuildIsInLayersOfItsOwnAboveWhatDoesNot() throws Exception {
        build(directory.resolve("image.tar"), directory.resolve("work"));

        ReadImage image = ReadImage.of(directory.resolve("image.tar"));
        List<List<String>> filesOfLayers = new ArrayList<>();
        for (byte[] layer : image.layers()) {
            filesOfLayers.add(ReadImage.untar(layer).keySet().stream()
                    .filter(entry -> !entry.isDirectory() && !entry.isSymbolicLink()).map(entry -> entry.getName().replaceFirst("^/", "")).toList());
        }
        assertThat(filesOfLayers).containsExactly(
                List.of("etc/passwd"),
                List.of("usr/lib/meshctl/jre/bin/java"),
                List.of("usr/lib/meshctl/lib/netty.jar"),
                List.of("usr/lib/meshctl/java.args", "usr/lib/meshctl/lib/mesh.jar"),
                List.of("usr/lib/meshctl/classes.aot"));
    }

    @Test
    void filesBelongToRootHaveOneTimeAndNobodyElseMayWriteThem() throws Exception {
        build(directory.resolve("image.tar"), directory.resolve("work"));

        Map<String, TarArchiveEntry> entries = ReadImage.of(directory.resolve("image.tar")).entries();
        assertThat(entries.get("/usr/lib/meshctl/jre/bin/java").getMode() & 0777).isEqualTo(0755);
        assertThat(entries.get("/usr/lib/meshctl/lib/mesh.jar").getMode() & 0777).isEqualTo(0644);
        assertThat(entries.get("/lib").getLinkName()).isEqualTo("usr/lib");
        assertThat(entries.get("/tmp").getMode() & 07777).isEqualTo(01777);
        entries.forEach((path, entry) -> {
            if (path.startsWith("/usr")) {
                assertThat(entry.getLastModifiedTime().toInstant()).as(path).isEqualTo(TIME);
                assertThat(entry.getLongUserId()).as(path).isZero();
                assertThat(entry.getLongGroupId()).as(path).isZero();
            }
        });
    }

    @Test
    void theSameInputsGiveTheSameBytesWhereverTheyAreBuilt() throws Exception {
        build(directory.resolve("one.tar"), directory.resolve("work"));
        RootFiles moved = new RootFiles(directory.resolve("elsewhere"), TIME);
        Files.move(files.root(), moved.root());
        files = moved;
        build(directory.resolve("two.tar"), directory.resolve("work2"));

        assertThat(directory.resolve("two.tar")).hasSameBinaryContentAs(directory.resolve("one.tar"));
    }

    @Test
    void aFileThatChangedAndKeptItsTimeIsInTheNextImage() throws Exception {
        build(directory.resolve("image.tar"), directory.resolve("work"));
        files.write(JavaArguments.LIB + "/mesh.jar", "OURS");
        files.stamp();

        build(directory.resolve("image.tar"), directory.resolve("work"));

        assertThat(ReadImage.of(directory.resolve("image.tar")).text("/usr/lib/meshctl/lib/mesh.jar")).isEqualTo("OURS");
    }

    @Test
    void withoutClassDataThereIsNoLayerForIt() throws Exception {
        Files.delete(files.at(JavaArguments.CLASS_DATA));

        build(directory.resolve("image.tar"), directory.resolve("work"));

        assertThat(ReadImage.of(directory.resolve("image.tar")).layers()).hasSize(4);
    }

    @Test
    void aBaseThatIsNotThereIsNamed() {
        base = new BaseImage.Tar(directory.resolve("missing.tar"));

        assertThatThrownBy(() -> build(directory.resolve("image.tar"), directory.resolve("work")))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("missing.tar").hasMessageContaining("cannot be read");
    }

    @Test
    void aBaseForAnotherMachineIsRefused() throws Exception {
        Path tar = directory.resolve("foreign.tar");
        TestBase.write(tar, Assembly.architecture().equals("amd64") ? "arm64" : "amd64");
        base = new BaseImage.Tar(tar);

        assertThatThrownBy(() -> build(directory.resolve("image.tar"), directory.resolve("work")))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("name a base for " + Assembly.architecture());
    }

    private String build(Path tar, Path work) throws Exception {
        Settings settings = new Settings(base, "registry.example/meshctl:1.2.3", "1.2.3", "abc123",
                "dev.meshctl.component.Component", new ClassDataSource.None(), TIME, directory, directory, work, tar);
        return new Assembly(settings).write(base, new Layers(files, TIME).of(jars));
    }

    private static List<String> strings(JsonNode array) {
        List<String> strings = new ArrayList<>();
        array.forEach(each -> strings.add(each.asString()));
        return strings;
    }
}
