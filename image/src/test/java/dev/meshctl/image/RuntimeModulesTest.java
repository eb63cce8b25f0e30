package dev.meshctl.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RuntimeModulesTest {
    private static final RuntimeModules MODULES = new RuntimeModules(
            new TreeSet<>(Set.of("java.base", "java.logging")), new TreeSet<>(Set.of("java.desktop")));

    @Test
    void everyModuleOfTheListIsOneOfThisJdk() throws Exception {
        RuntimeModules written = RuntimeModules.written();

        assertThat(written.included()).contains("java.base", "jdk.unsupported", "java.net.http");
        for (String module : written.included()) {
            assertThat(ModuleFinder.ofSystem().find(module)).as(module).isPresent();
        }
        for (String module : written.left()) {
            assertThat(ModuleFinder.ofSystem().find(module)).as(module).isPresent();
        }
    }

    @Test
    void theListNamesWhatItsModulesRequireToo() throws Exception {
        RuntimeModules written = RuntimeModules.written();

        for (String module : written.included()) {
            ModuleReference reference = ModuleFinder.ofSystem().find(module).orElseThrow();
            reference.descriptor().requires().forEach(required ->
                    assertThat(written.included()).as("required by " + module).contains(required.name()));
        }
    }

    @Test
    void modulesThatAreWrittenDownEitherWayPass() {
        assertThatCode(() -> MODULES.requireKnown(Set.of("java.base", "java.desktop"))).doesNotThrowAnyException();
    }

    @Test
    void aModuleThatNobodyThoughtOfStopsTheBuild() {
        assertThatThrownBy(() -> MODULES.requireKnown(Set.of("java.base", "java.rmi")))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("[java.rmi]").hasMessageContaining("modules.txt");
    }

    @Test
    void commentsAndBlankLinesAreNotModules() throws Exception {
        RuntimeModules modules = RuntimeModules.parse(List.of("# why", "", "+java.base: everything", "-java.rmi: not used"));

        assertThat(modules.included()).containsExactly("java.base");
        assertThat(modules.left()).containsExactly("java.rmi");
    }

    @Test
    void aModuleWithoutAReasonIsRefusedWithItsLine() {
        assertThatThrownBy(() -> RuntimeModules.parse(List.of("+java.base: everything", "+java.rmi:  ")))
                .isInstanceOf(ImageException.class).hasMessageContaining("modules.txt:2");
    }

    @Test
    void aModuleIsEitherInOrLeftOut() {
        assertThatThrownBy(() -> RuntimeModules.parse(List.of("+java.base: everything", "-java.base: nothing")))
                .isInstanceOf(ImageException.class).hasMessageContaining("java.base a second time");
    }
}
