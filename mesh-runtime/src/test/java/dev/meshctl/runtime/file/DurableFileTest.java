package dev.meshctl.runtime.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {
    @TempDir
    Path directory;

    @Test
    void what_was_written_is_read_back_and_nothing_else_is_left() throws IOException {
        Path file = directory.resolve("state.json");

        DurableFile.write(file, bytes("one"), DurableFile.PRIVATE);
        DurableFile.write(file, bytes("two"), DurableFile.PRIVATE);

        assertThat(DurableFile.read(file)).hasValue(bytes("two"));
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void a_private_file_is_for_the_owner_only_and_a_shared_one_readable_by_all() throws IOException {
        DurableFile.write(directory.resolve("key"), bytes("k"), DurableFile.PRIVATE);
        DurableFile.write(directory.resolve("bundle"), bytes("b"), DurableFile.SHARED);

        assertThat(mode("key")).isEqualTo("rw-------");
        assertThat(mode("bundle")).isEqualTo("rw-r--r--");
    }

    @Test
    void a_failed_write_leaves_the_old_content_and_no_temporary_file() throws IOException {
        Path occupied = Files.createDirectories(directory.resolve("state/child")).getParent();

        assertThatThrownBy(() -> DurableFile.write(occupied, bytes("new"), DurableFile.PRIVATE))
                .isInstanceOf(IOException.class);

        assertThat(occupied.resolve("child")).isDirectory();
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(occupied);
        }
    }

    @Test
    void a_missing_file_is_empty_and_a_file_beyond_the_bound_is_an_error_that_names_it() throws IOException {
        Path file = directory.resolve("large");
        assertThat(DurableFile.read(file)).isEmpty();
        DurableFile.write(file, new byte[100], DurableFile.PRIVATE);

        assertThat(DurableFile.read(file, 100)).hasValueSatisfying(read -> assertThat(read).hasSize(100));
        assertThatThrownBy(() -> DurableFile.read(file, 99))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void leftovers_of_a_crash_are_swept_and_other_files_stay() throws IOException {
        Path state = Files.writeString(directory.resolve("state.json"), "{}");
        Files.writeString(directory.resolve(".state.json.abc.tmp"), "half");

        DurableFile.sweep(directory);

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(state);
        }
    }

    @Test
    void a_directory_that_was_open_to_others_is_closed() throws IOException {
        Path open = Files.createDirectory(
                directory.resolve("open"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));

        PrivateDirectory.create(open);

        assertThat(mode("open")).isEqualTo("rwx------");
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
