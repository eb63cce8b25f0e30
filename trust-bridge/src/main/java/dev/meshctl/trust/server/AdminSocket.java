package dev.meshctl.trust.server;

import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.trust.client.ShortSocket;
import dev.meshctl.trust.client.UnixSockets;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The admin API for the owner of the data directory, without TLS: whoever can open the socket (0600 in a 0700
 * directory) could read the CA's keys as well.
 */
final class AdminSocket implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AdminSocket.class.getName());

    private final Path path;
    private final EventLoopGroup loop;
    private final Server server;

    AdminSocket(Path path, ServerServiceDefinition admin) throws IOException {
        this.path = path.toAbsolutePath();
        PrivateDirectory.create(this.path.resolveSibling(".").normalize());
        // The daemon's lock says that no other process lives here.
        Path bound = ShortSocket.prepare(this.path);
        loop = UnixSockets.loop("admin-socket");
        server = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(bound))
                .channelType(NioServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .maxInboundMessageSize(2 * 1024 * 1024)
                .maxInboundMetadataSize(16 * 1024)
                .addService(admin)
                .build();
        try {
            server.start();
            Files.setPosixFilePermissions(bound, DurableFile.PRIVATE);
        } catch (IOException e) {
            close();
            throw new IOException("admin socket " + this.path + ": " + e.getMessage(), e);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        server.shutdownNow();
        try {
            // When it has ended it removes the file of the socket: by then there may be one of the next server.
            if (!server.awaitTermination(2, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "admin socket {0} is not closed yet", path);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        ShortSocket.remove(path);
    }
}
