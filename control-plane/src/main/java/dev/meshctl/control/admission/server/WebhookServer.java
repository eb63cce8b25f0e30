package dev.meshctl.control.admission.server;

import dev.meshctl.control.admission.webhook.Webhook;
import dev.meshctl.runtime.daemon.Counters;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * HTTPS (TLS 1.2 and 1.3, HTTP/1.1) for an API server's admission reviews: POST of fixed paths. At most 256 connections
 * and 8 reviews at a time; a handshake has 5 s, a request 10 s to arrive, a connection without one 2 min.
 *
 * <p>What is no review is counted by cause: {@code webhook_no_certificate}, {@code webhook_tls_failed}, {@code
 * webhook_overloaded}, {@code webhook_garbage}, {@code webhook_too_large}, {@code webhook_unknown_path}, {@code
 * webhook_unfinished}.
 */
final class WebhookServer implements AutoCloseable {
    /** As large as a review may be. */
    static final int MAX_BODY_BYTES = 8 * 1024 * 1024;

    private static final int MAX_CONNECTIONS = 256;
    private static final int MAX_LINE = 4096;
    private static final int MAX_HEADERS = 16 * 1024;
    private static final int THREADS = 8;
    private static final int MAX_WAITING = 128;
    private static final long HANDSHAKE_SECONDS = 5;
    private static final int IDLE_SECONDS = 120;

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("webhooks", true), NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ThreadPoolExecutor workers;
    private final Counters counters;
    private final Channel server;

    /**
     * Starts serving.
     *
     * @param certificate asked for each connection; none yet: it is closed
     * @throws BindException if the address is in use; the message names it
     */
    WebhookServer(InetSocketAddress bind, Supplier<Optional<SslContext>> certificate, Map<String, Webhook> webhooks,
            Counters counters) throws IOException {
        this.counters = counters;
        workers = new ThreadPoolExecutor(THREADS, THREADS, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING),
                Thread.ofPlatform().daemon().name("webhook-", 0).factory());
        workers.allowCoreThreadTimeOut(true);
        var binding = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childHandler(new Accept(certificate, Map.copyOf(webhooks)))
                .bind(bind)
                .awaitUninterruptibly();
        server = binding.channel();
        if (!binding.isSuccess()) {
            close();
            BindException named = new BindException("webhook address " + bind + ": " + binding.cause().getMessage());
            named.initCause(binding.cause());
            throw named;
        }
    }

    private final class Accept extends ChannelInitializer<Channel> {
        private final Supplier<Optional<SslContext>> certificate;
        private final Map<String, Webhook> webhooks;

        Accept(Supplier<Optional<SslContext>> certificate, Map<String, Webhook> webhooks) {
            this.certificate = certificate;
            this.webhooks = webhooks;
        }

        @Override
        protected void initChannel(Channel caller) {
            Optional<SslContext> tls = certificate.get();
            if (tls.isEmpty() || connections.size() >= MAX_CONNECTIONS) {
                counters.increment(tls.isEmpty() ? "webhook_no_certificate" : "webhook_overloaded");
                caller.close();
                return;
            }
            connections.add(caller);
            SslHandler handshake = tls.get().newHandler(caller.alloc());
            handshake.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
            caller.pipeline().addLast(
                    handshake,
                    new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_HEADERS),
                    new HttpServerKeepAliveHandler(),
                    new IdleStateHandler(0, 0, IDLE_SECONDS),
                    new RequestDeadline(counters),
                    new HttpObjectAggregator(MAX_BODY_BYTES),
                    new Reviews(webhooks, workers, counters));
        }
    }

    /** Where it listens, with the port that the system chose. */
    InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    @Override
    public void close() {
        server.close().awaitUninterruptibly(1000);
        connections.close().awaitUninterruptibly(1000);
        workers.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
