package dev.meshctl.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarsTest {
    private static final String NATIVE = "META-INF/native/libnetty_x_" + RootFiles.nettyArchitecture() + ".so";

    @TempDir
    private Path directory;

    private Path lib;

    @BeforeEach
    void aDirectoryOfJars() throws IOException {
        lib = Files.createDirectory(directory.resolve("lib"));
        jar("mesh-proxy-1.jar", "dev/meshctl/proxy/Proxy.class");
        jar("bcprov-1.jar", "org/bouncycastle/Provider.class");
        jar("empty-1.jar", "META-INF/MANIFEST.MF");
        jar("jline-1.jar", "org/jline/Terminal.class", "org/jline/native/x.so");
        jar("netty-native-1.jar", NATIVE, "META-INF/versions/11/module-info.class");
        jar("netty-native-other-1.jar", "META-INF/native/libnetty_x_sparc.so");
    }

    @Test
    void jarsOfThisProjectAndOfOthersAreToldApartByWhatIsInThem() throws Exception {
        Jars jars = Jars.in(lib);

        assertThat(jars.own()).extracting(Jars::name).containsExactly("mesh-proxy-1.jar");
        assertThat(jars.others()).extracting(Jars::name).containsExactly("bcprov-1.jar", "empty-1.jar", "jline-1.jar");
        assertThat(jars.natives()).extracting(Jars::name).containsExactly("netty-native-1.jar", "netty-native-other-1.jar");
    }

    @Test
    void theClassPathIsInOneOrderAndLeavesOutJarsWithoutClassesForTheJvm() throws Exception {
        assertThat(Jars.in(lib).classPath()).extracting(Jars::name)
                .containsExactly("bcprov-1.jar", "empty-1.jar", "jline-1.jar", "mesh-proxy-1.jar");
    }

    @Test
    void onlyNativeLibrariesOfThisMachineAreTakenOut() throws Exception {
        RootFiles files = new RootFiles(directory.resolve("root"), Instant.EPOCH);
        files.clear();

        files.addNatives(Jars.in(lib).natives());

        assertThat(files.at(JavaArguments.NATIVE)).isDirectoryContaining(
                "glob:**/libnetty_x_" + RootFiles.nettyArchitecture() + ".so");
        try (var found = Files.list(files.at(JavaArguments.NATIVE))) {
            assertThat(found).hasSize(1);
        }
    }

    @Test
    void aMachineThatNoLibraryIsForIsToldSo() throws Exception {
        RootFiles files = new RootFiles(directory.resolve("root"), Instant.EPOCH);
        files.clear();

        assertThatThrownBy(() -> files.addNatives(List.of(lib.resolve("netty-native-other-1.jar"))))
                .isInstanceOf(ImageException.class).hasMessageContaining(System.getProperty("os.arch"));
    }

    @Test
    void aDirectoryWithoutOurJarsIsRefused() {
        assertThatThrownBy(() -> Jars.in(directory.resolve("none")))
                .isInstanceOf(ImageException.class).hasMessageContaining("mvn -Pimage package");
    }

    private void jar(String name, String... entries) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(lib.resolve(name)))) {
            for (String entry : entries) {
                out.putNextEntry(new JarEntry(entry));
                out.write(entry.getBytes(StandardCharsets.UTF_8));
                out.closeEntry();
            }
        }
    }
}
