package dev.meshctl.trust.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShortSocketTest {
    @TempDir
    Path directory;

    private Path deep;

    @BeforeEach
    void longPath() throws IOException {
        deep = Files.createDirectories(directory.resolve("d".repeat(120))).resolve("admin.sock");
    }

    @Test
    void a_short_path_is_the_socket_itself() throws Exception {
        Path path = Path.of("/run/x/admin.sock");
        assertThat(ShortSocket.find(path)).isEqualTo(path);
    }

    @Test
    void a_socket_whose_path_is_too_long_for_the_system_can_be_reached_under_that_path() throws Exception {
        Path bound = ShortSocket.prepare(deep);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(bound));
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(ShortSocket.find(deep)))) {
                assertThat(client.isConnected()).isTrue();
            }
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bound.getParent())))
                .isEqualTo("rwx------");
        ShortSocket.remove(deep);
        assertThat(bound.getParent()).doesNotExist();
        assertThat(Files.isSymbolicLink(deep)).isFalse();
    }

    @Test
    void what_a_killed_process_left_is_cleared_away() throws Exception {
        Path left = ShortSocket.prepare(deep);
        Files.createFile(left);
        Path bound = ShortSocket.prepare(deep);
        assertThat(bound).isNotEqualTo(left);
        assertThat(left.getParent()).doesNotExist();
        assertThat(ShortSocket.find(deep)).isEqualTo(bound);
        ShortSocket.remove(deep);
    }

    @Test
    void a_link_to_somewhere_else_is_removed_and_its_target_kept() throws Exception {
        Path foreign = Files.createFile(directory.resolve("precious"));
        Files.createSymbolicLink(deep, foreign);
        ShortSocket.remove(deep);
        assertThat(foreign).exists();
        assertThat(Files.isSymbolicLink(deep)).isFalse();
    }
}
