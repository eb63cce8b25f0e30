package dev.meshctl.control.registry.federation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportRegistryTest {
    private static final ServiceName PAYMENTS = new ServiceName("payments", "shop");

    @TempDir
    Path directory;

    private final Counters counters = new Counters();
    private final Map<String, TrustDomain> links = new HashMap<>(Map.of("east", new TrustDomain("east.mesh")));
    private final List<Set<ServiceName>> changes = new ArrayList<>();
    private ImportRegistry imports;

    @BeforeEach
    void open() throws IOException {
        imports = new ImportRegistry(directory, p -> Optional.ofNullable(links.get(p)), changes::add, counters);
    }

    private static ExportedService payments(String cluster, String identity) {
        return ExportedService.newBuilder()
                .setName("payments").setNamespace("shop").setCluster(cluster)
                .addVersions(ExportedVersion.newBuilder().setVersion("v1").setReady(1).setTotal(1).addIdentities(identity))
                .build();
    }

    private static PeerImports.Builder east(ExportedService... services) {
        return PeerImports.newBuilder().setPeer("east").addAllServices(List.of(services));
    }

    private static final ExportedService GOOD = payments("east", "spiffe://east.mesh/ns/shop/sa/payments");

    @Test
    void imports_go_stale_and_are_dropped_as_the_gateway_says() {
        imports.update(east(GOOD).build());
        assertThat(imports.of(PAYMENTS)).singleElement().satisfies(i -> assertThat(i.stale()).isFalse());

        imports.update(east(GOOD).setStale(true).build());
        assertThat(imports.of(PAYMENTS)).singleElement().satisfies(i -> assertThat(i.stale()).isTrue());

        imports.update(east().setDropped(true).build());
        assertThat(imports.of(PAYMENTS)).isEmpty();
        assertThat(changes).containsExactly(Set.of(PAYMENTS), Set.of(PAYMENTS), Set.of(PAYMENTS));
    }

    @Test
    void imports_outlive_a_restart_of_the_control_plane() throws IOException {
        imports.update(east(GOOD).build());
        open();
        assertThat(imports.of(PAYMENTS)).hasSize(1);

        links.clear();
        open();
        assertThat(imports.of(PAYMENTS)).as("the link has gone meanwhile").isEmpty();
    }

    @Test
    void a_peer_may_speak_only_for_itself_and_its_own_identities() {
        imports.update(east(
                payments("north", "spiffe://east.mesh/ns/shop/sa/payments"),
                payments("east", "spiffe://west.mesh/ns/shop/sa/payments")).build());
        imports.update(PeerImports.newBuilder().setPeer("stranger").addServices(GOOD).build());

        assertThat(imports.services()).isEmpty();
        assertThat(counters.count("import_refused")).isEqualTo(2);
        assertThat(counters.count("imports_of_unlinked_peer")).isEqualTo(1);
    }

    @Test
    void a_half_written_file_is_set_aside_and_the_peer_fills_in_again() throws IOException {
        imports.update(east(GOOD).build());
        Path file = directory.resolve("east.imports");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 3));

        open();

        assertThat(imports.of(PAYMENTS)).isEmpty();
        assertThat(counters.count("imports_file_corrupt")).isEqualTo(1);
        assertThat(directory.resolve("east.imports.corrupt")).exists();
        imports.update(east(GOOD).build());
        assertThat(imports.of(PAYMENTS)).hasSize(1);
    }

    @Test
    void on_a_full_disk_imports_are_used_and_counted() throws IOException {
        Files.createDirectories(directory.resolve("east.imports/full"));

        imports.update(east(GOOD).build());

        assertThat(imports.of(PAYMENTS)).hasSize(1);
        assertThat(counters.count("imports_not_stored")).isEqualTo(1);
    }
}
