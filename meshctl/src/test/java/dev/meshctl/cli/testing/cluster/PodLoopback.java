package dev.meshctl.cli.testing.cluster;

import dev.meshctl.cli.testing.ForwardedPort;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Connections to the loopback of a pod, made from within its network namespace, as a container runtime makes them for a
 * forwarded port. A socket stays in the namespace that its thread was in when it was made, so a thread goes there for each.
 *
 * @param namespace as {@code ip netns} names it
 */
record PodLoopback(String namespace, int port) implements ForwardedPort.Dialling {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final MethodHandle OPEN = function("open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETNS = function("setns",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private static MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(name), descriptor, options);
    }

    @Override
    public Future<Channel> dial(EventLoop loop, ChannelHandler back) {
        Promise<Channel> connected = loop.newPromise();
        Thread.ofPlatform().daemon().name(toString()).start(() -> {
            try {
                enter();
                NioSocketChannel channel = new NioSocketChannel(SocketChannel.open(new InetSocketAddress("127.0.0.1", port)));
                channel.pipeline().addLast(back);
                loop.register(channel).addListener(done -> connected.setSuccess(channel));
            } catch (IOException e) {
                connected.setFailure(e);
            }
        });
        return connected;
    }

    /** The thread that calls it is in the namespace until it ends. */
    private void enter() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) OPEN.invokeExact(arena.allocateFrom(Path.of("/run/netns", namespace).toString()), 0);
            int entered = file < 0 ? -1 : (int) SETNS.invokeExact(file, CLONE_NEWNET);
            int ignored = (int) CLOSE.invokeExact(file);
            if (entered != 0) {
                throw new IOException("cannot enter network namespace " + namespace);
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException("cannot enter network namespace " + namespace, e);
        }
    }
}
