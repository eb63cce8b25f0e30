package dev.meshctl.proxy.redirect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.DeafApp;
import dev.meshctl.runtime.testing.Namespace;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers on another machine, as a network namespace is one, whose packets get lost or who read nothing. */
@Timeout(240)
class SilentPeersIT {
    private static final String DEAF = "7001";
    private static final String LOST = "7002";
    private static final int CHUNK_BYTES = 256 * 1024;

    private final String unique = Long.toString(ProcessHandle.current().pid(), 36);
    private final EventLoops loops = EventLoops.start(1);
    private Namespace there;

    @BeforeEach
    void another_machine() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, to make network namespaces");
        SystemCommands commands = new SystemCommands();
        assumeTrue(commands.exists("ip") && commands.exists("nft"), "needs ip and nft");
        there = new Namespace("mc-silent-" + unique);
        Namespace.run("ip", "-n", there.name(), "link", "add", "eth0", "type", "veth", "peer", "name", "mcs" + unique, "netns",
                String.valueOf(ProcessHandle.current().pid()));
        there.ip("addr", "add", "10.78.0.1/30", "dev", "eth0");
        there.ip("link", "set", "eth0", "up");
        Namespace.run("ip", "addr", "add", "10.78.0.2/30", "dev", "mcs" + unique);
        Namespace.run("ip", "link", "set", "mcs" + unique, "up");
        there.start(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-cp",
                System.getProperty("java.class.path"), DeafApp.class.getName(), DEAF, LOST);
    }

    @AfterEach
    void remove() throws Exception {
        loops.close();
        if (there != null) {
            // Connections that nobody answers keep a namespace, and the link into it, for a while.
            Namespace.run("ip", "link", "del", "mcs" + unique);
            there.close();
        }
    }

    @Test
    void those_that_acknowledge_nothing_are_given_up_and_one_that_reads_nothing_is_not() throws Exception {
        Channel deaf = connect(DEAF);
        Channel lost = connect(LOST);
        Channel lostAndWaitedFor = connect(LOST);
        for (Channel each : List.of(deaf, lost, lostAndWaitedFor)) {
            loops.watch(each);
        }
        fill(deaf);

        lose(LOST);
        lost.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1}));

        Await.until("the one that something was sent to is closed", () -> !lost.isOpen());
        Await.until("so is the one that nothing was sent to", () -> !lostAndWaitedFor.isOpen());
        assertThat(deaf.isActive()).isTrue();
        Await.until("both are counted", () -> silent() == 2);
    }

    @Test
    void one_that_goes_while_its_window_is_closed_is_given_up_too() throws Exception {
        Channel deaf = connect(DEAF);
        loops.watch(deaf);
        fill(deaf);

        lose(DEAF);

        Await.until("it is closed", () -> !deaf.isOpen());
        Await.until("it is counted", () -> silent() == 1);
    }

    /** Sends more than both sides buffer, so that the window of the other one closes. */
    private static void fill(Channel channel) throws Exception {
        for (int sent = 0; sent < 64; sent++) {
            channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[CHUNK_BYTES]));
        }
        Await.until("it takes nothing more", () -> !channel.isWritable());
    }

    private void lose(String port) throws Exception {
        assertThat(there.exec("nft", "add table inet t; add chain inet t in { type filter hook input priority 0; };"
                + " add rule inet t in tcp dport " + port + " drop").status()).isZero();
    }

    private long silent() {
        return loops.connections().closed(Connections.Kind.ENDPOINT, CloseCause.SILENT);
    }

    private Channel connect(String port) throws Exception {
        Bootstrap bootstrap = new Bootstrap().group(loops.workers()).channel(loops.socketChannel())
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void exceptionCaught(io.netty.channel.ChannelHandlerContext ctx, Throwable cause) {
                        ctx.close();
                    }
                });
        loops.probeWhenIdle(bootstrap);
        Channel channel = bootstrap.connect("10.78.0.1", Integer.parseInt(port)).sync().channel();
        loops.connections().count(Connections.Kind.ENDPOINT, channel);
        return channel;
    }
}
