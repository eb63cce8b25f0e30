package dev.meshctl.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the table of imports in {@code docs/architecture.md}. */
class ModuleImportsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.meshctl");

    @ParameterizedTest
    @CsvSource({
        "api, runtime kubernetes trust proxy control gateway cli samples",
        "runtime, kubernetes trust proxy control gateway cli samples",
        "kubernetes, trust proxy control gateway cli samples",
        "trust, proxy control gateway cli samples",
        "proxy, kubernetes trust control gateway cli samples",
        "control, trust proxy gateway cli samples",
        "gateway, kubernetes trust control cli samples"
    })
    void a_module_imports_only_what_the_architecture_allows(String module, String forbidden) {
        String[] packages = forbidden.lines().flatMap(line -> Arrays.stream(line.split(" ")))
                .map(name -> "dev.meshctl." + name + "..").toArray(String[]::new);
        noClasses().that().resideInAPackage("dev.meshctl." + module + "..")
                .should().dependOnClassesThat().resideInAnyPackage(packages)
                .check(CLASSES);
    }

    @Test
    void the_gateway_uses_only_the_relay_and_tls_of_the_proxy() {
        noClasses().that().resideInAPackage("dev.meshctl.gateway..")
                .should().dependOnClassesThat().resideInAnyPackage(
                        "dev.meshctl.proxy.config..", "dev.meshctl.proxy.http..", "dev.meshctl.proxy.admin..",
                        "dev.meshctl.proxy.host..", "dev.meshctl.proxy.daemon..", "dev.meshctl.proxy.outbound..",
                        "dev.meshctl.proxy.inbound..", "dev.meshctl.proxy.route..", "dev.meshctl.proxy.balance..")
                .check(CLASSES);
    }

    @Test
    void only_what_is_for_kubernetes_knows_the_client_of_api_servers() {
        noClasses().that().resideInAPackage("dev.meshctl.cli..")
                .and().resideOutsideOfPackages("dev.meshctl.cli.platform.kubernetes..",
                        "dev.meshctl.cli.connect.kubernetes..", "dev.meshctl.cli.install.kubernetes..")
                .should().dependOnClassesThat().resideInAPackage("io.fabric8..")
                .because("a command on local clusters must not load its classes")
                .check(CLASSES);
    }
}
