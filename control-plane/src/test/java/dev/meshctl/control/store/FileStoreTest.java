package dev.meshctl.control.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.resource.AppProtocol;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.api.resource.Service;
import dev.meshctl.api.resource.ServiceExport;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.CorruptFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest {
    @TempDir
    Path directory;

    private final Counters counters = new Counters();
    private FileStore store;

    @BeforeEach
    void open() throws IOException {
        store = new FileStore(directory.resolve("store"), InstantSource.system(), counters);
    }

    private static Service service(String name, int port) {
        return new Service(Metadata.of(name, "shop"),
                new Service.Spec(List.of(new Service.Port("http", port, OptionalInt.empty(), AppProtocol.AUTO))));
    }

    private static ServiceExport export(String name) {
        return new ServiceExport(Metadata.of(name, "shop"));
    }

    private Path file(String kind, String name) {
        return directory.resolve("store").resolve(kind).resolve("shop").resolve(name + ".json");
    }

    @Test
    void what_is_written_is_there_after_a_restart_with_version_and_generation() throws Exception {
        store.write(List.of(new Change.Put(service("payments", 80)), new Change.Put(export("payments"))));
        store.write(List.of(new Change.Put(service("payments", 81))));

        open();

        Resource read = store.get(service("payments", 80).key()).orElseThrow();
        assertThat(((Service) read).spec().ports().getFirst().port()).isEqualTo(81);
        assertThat(read.metadata().generation()).isEqualTo(2);
        assertThat(read.metadata().creationTimestamp()).isPresent();
        assertThat(store.all()).hasSize(2);
        assertThat(Files.getPosixFilePermissions(file("service", "payments")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void writing_the_same_again_changes_nothing() throws Exception {
        Outcome first = store.write(List.of(new Change.Put(service("payments", 80)))).getFirst();
        Outcome second = store.write(List.of(new Change.Put(service("payments", 80)))).getFirst();

        assertThat(first.action()).isEqualTo("created");
        assertThat(second.action()).isEqualTo("unchanged");
        assertThat(second.after()).isEqualTo(first.after());
    }

    @Test
    void a_write_for_an_old_version_is_refused_and_nothing_of_the_batch_is_written() throws Exception {
        Resource old = store.write(List.of(new Change.Put(service("payments", 80)))).getFirst().after().orElseThrow();
        store.write(List.of(new Change.Put(service("payments", 81))));
        Resource stale = service("payments", 82).withMetadata(old.metadata());

        assertThatThrownBy(() -> store.write(List.of(new Change.Put(service("orders", 80)), new Change.Put(stale))))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("Service shop/payments")
                .hasMessageContaining("read it again");

        assertThat(store.get(service("orders", 80).key())).isEmpty();
        assertThat(file("service", "orders")).doesNotExist();
        assertThat(counters.count("store_conflict")).isEqualTo(1);
    }

    @Test
    void a_batch_that_cannot_be_stored_leaves_everything_as_it_was() throws Exception {
        store.write(List.of(new Change.Put(service("payments", 80))));
        // A directory in the place of the intent log fails the write, as a full disk would.
        Files.createDirectories(directory.resolve("store/intent.log/full"));

        assertThatThrownBy(() -> store.write(List.of(new Change.Put(service("payments", 81)), new Change.Put(export("payments")))))
                .isInstanceOf(IOException.class);

        assertThat(store.all()).hasSize(1);
        assertThat(Files.readString(file("service", "payments"))).contains("\"port\":80");
        assertThat(file("serviceexport", "payments")).doesNotExist();
    }

    @Test
    void a_batch_that_was_interrupted_is_finished_at_the_next_start() throws Exception {
        store.write(List.of(new Change.Put(service("orders", 80))));
        Resource payments = service("payments", 80).withMetadata(
                Metadata.of("payments", "shop").stored("7", 1, Instant.EPOCH));
        new IntentLog(directory.resolve("store")).write(List.of(
                new Outcome(payments.key(), Optional.empty(), Optional.of(payments)),
                new Outcome(service("orders", 80).key(), Optional.empty(), Optional.empty())));

        open();

        assertThat(store.get(payments.key())).contains(payments);
        assertThat(store.get(service("orders", 80).key())).isEmpty();
        assertThat(directory.resolve("store/intent.log")).doesNotExist();
        assertThat(counters.count("store_write_resumed")).isEqualTo(1);
    }

    @Test
    void a_corrupt_file_is_named_and_counted_and_loses_no_other() throws Exception {
        store.write(List.of(new Change.Put(service("payments", 80)), new Change.Put(service("orders", 80))));
        String half = ResourceWriter.json(service("payments", 80));
        Files.write(file("service", "payments"), half.substring(0, half.length() / 2).getBytes(StandardCharsets.UTF_8));

        open();

        assertThat(store.get(service("orders", 80).key())).isPresent();
        assertThat(store.get(service("payments", 80).key())).isEmpty();
        assertThat(store.quarantined()).singleElement()
                .satisfies(q -> assertThat(q.source()).isEqualTo(file("service", "payments").toString()));
        assertThat(file("service", "payments")).as("the file stays where it is").exists();
        assertThat(counters.count("store_file_corrupt")).isEqualTo(1);

        store.write(List.of(new Change.Put(service("payments", 80))));
        assertThat(store.quarantined()).isEmpty();
        assertThat(file("service", "payments").resolveSibling("payments.json.corrupt")).exists();
    }

    @Test
    void a_file_in_the_wrong_place_is_not_in_use() throws Exception {
        store.write(List.of(new Change.Put(service("payments", 80))));
        Files.copy(file("service", "payments"), file("service", "copy"));

        open();

        assertThat(store.all()).hasSize(1);
        assertThat(store.quarantined()).singleElement()
                .satisfies(q -> assertThat(q.reason()).contains("does not belong there"));
    }

    @Test
    void creating_what_is_there_is_a_conflict() throws Exception {
        store.write(List.of(new Change.Create(service("payments", 80))));

        assertThatThrownBy(() -> store.write(List.of(new Change.Create(service("payments", 81)))))
                .isInstanceOf(ConflictException.class);
    }

    @Test
    void the_audit_log_is_bounded() throws Exception {
        AuditLog audit = new AuditLog(directory, 1000, InstantSource.system(), counters);

        for (int i = 0; i < 200; i++) {
            audit.record("spiffe://west.mesh/ns/meshctl-system/sa/admin", "created", "Service shop/s" + i);
        }

        try (var files = Files.list(directory)) {
            assertThat(files.filter(f -> f.getFileName().toString().startsWith("audit.log"))).hasSize(5);
        }
        assertThat(Files.readAllLines(directory.resolve("audit.log")).getLast())
                .contains("\"actor\":\"spiffe://west.mesh/ns/meshctl-system/sa/admin\"", "\"action\":\"created\"", "s199");
    }

    @Test
    void an_intent_that_cannot_be_read_stops_the_start_with_the_next_step_and_stays() throws Exception {
        store.write(List.of(new Change.Put(service("payments", 80))));
        Path intent = directory.resolve("store/intent.log");
        for (String broken : List.of("{\"put\":[\"{\\\"kind\"", "", "[]", "{\"put\":[{}],\"remove\":[]}",
                "{\"put\":[],\"remove\":[{\"kind\":\"Service\"}]}")) {
            Files.writeString(intent, broken);

            assertThatThrownBy(this::open).as(broken)
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("intent.log is corrupt")
                    .hasMessageContaining("apply again what was being applied");
            assertThat(intent).hasContent(broken);
        }

        Files.delete(intent);
        open();
        assertThat(store.get(service("payments", 80).key())).isPresent();
    }

    @Test
    void a_single_write_that_cannot_be_stored_leaves_the_old_one_and_works_once_there_is_room() throws Exception {
        Path file = file("service", "payments");
        Files.createDirectories(file.resolve("full"));

        assertThatThrownBy(() -> store.write(List.of(new Change.Put(service("payments", 80)))))
                .isInstanceOf(IOException.class);
        assertThat(store.get(service("payments", 80).key())).isEmpty();
        assertThat(counters.count("store_file_corrupt")).isZero();

        Files.delete(file.resolve("full"));
        Files.delete(file);
        store.write(List.of(new Change.Put(service("payments", 80))));
        assertThat(store.get(service("payments", 80).key())).isPresent();
    }

    @Test
    void a_decided_batch_whose_files_cannot_be_written_now_is_carried_out_with_the_next_write() throws Exception {
        Path file = file("service", "payments");
        Files.createDirectories(file.resolve("full"));

        store.write(List.of(new Change.Put(service("payments", 80)), new Change.Put(export("payments"))));
        assertThat(store.all()).as("it is decided").hasSize(2);
        assertThat(counters.count("store_write_unfinished")).isEqualTo(1);

        Files.delete(file.resolve("full"));
        Files.delete(file);
        store.write(List.of(new Change.Put(export("orders"))));
        open();
        assertThat(store.all()).hasSize(3);
    }

    @Test
    void an_audit_line_that_cannot_be_written_is_counted() throws Exception {
        Files.createDirectories(directory.resolve("audit.log"));

        new AuditLog(directory, InstantSource.system(), counters).record("ann", "created", "Service shop/payments");

        assertThat(counters.count("audit_line_not_written")).isEqualTo(1);
    }
}
