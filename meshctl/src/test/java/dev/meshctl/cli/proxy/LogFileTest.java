package dev.meshctl.cli.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
    @TempDir
    Path directory;

    @Test
    void the_last_lines_are_read_and_then_what_is_added() throws IOException {
        Path path = Files.writeString(directory.resolve("a.log"), "one\ntwo\nthree\n");
        LogFile file = new LogFile(path);
        List<String> added = new ArrayList<>();

        assertThat(file.last(2)).containsExactly("two", "three");
        Files.writeString(path, "four\nfi", StandardOpenOption.APPEND);
        file.look(added::add);
        assertThat(added).containsExactly("four");

        Files.writeString(path, "ve\n", StandardOpenOption.APPEND);
        file.look(added::add);
        assertThat(added).containsExactly("four", "five");
    }

    @Test
    void a_file_that_was_rotated_away_is_followed_in_the_new_one() throws IOException {
        Path path = Files.writeString(directory.resolve("a.log"), "one\ntwo\n");
        LogFile file = new LogFile(path);
        List<String> added = new ArrayList<>();
        file.last(10);

        Files.move(path, directory.resolve("a.1.log"));
        file.look(added::add);
        assertThat(added).as("while there is none").isEmpty();

        Files.writeString(path, "a longer line than before\n");
        file.look(added::add);
        assertThat(added).containsExactly("a longer line than before");
    }
}
