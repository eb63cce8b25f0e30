package dev.meshctl.runtime.daemon;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A small HTTP/1.1 port for documents: GET and HEAD of fixed paths. At most 128 connections, four documents
 * made at a time; a request has 10 s to arrive and its answer 30 s to be taken.
 *
 * <p>What is no such request ends under a named cause: {@code http_tls_failed}, {@code http_garbage} (answered
 * with 400), {@code http_unfinished} (gone or out of time before the first whole request) and
 * {@code http_overloaded}.
 */
public final class HttpPort implements AutoCloseable {
    static final int MAX_CONNECTIONS = 128;
    private static final int WORKERS = 4;
    private static final int MAX_LINE = 4096;
    private static final int MAX_HEADERS = 8192;
    /** The address is free for another one afterwards. */
    private static final long UNBIND_MILLIS = 5000;

    /** An answer: status, media type, content. */
    public record Document(int status, String contentType, byte[] body) {
        /** Text in UTF-8. */
        public static Document text(int status, String contentType, String text) {
            return new Document(status, contentType, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("http-port", true), NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ThreadPoolExecutor workers;
    private final Channel server;

    /**
     * Starts serving.
     *
     * @param tls null for plain HTTP
     * @param documents by path; each is asked for at every request, on a worker thread
     * @throws BindException if the address is in use or not of this machine
     */
    public HttpPort(
            InetSocketAddress bind, @Nullable SslContext tls, Map<String, Supplier<Document>> documents,
            Counters counters) throws IOException {
        this(bind, tls, documents, counters, WORKERS);
    }

    /** The same with another number of documents that are made at a time: some may take their time. */
    public HttpPort(
            InetSocketAddress bind, @Nullable SslContext tls, Map<String, Supplier<Document>> documents,
            Counters counters, int atATime) throws IOException {
        workers = new ThreadPoolExecutor(
                atATime, atATime, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_CONNECTIONS),
                Thread.ofPlatform().daemon().name("http-document-", 0).factory());
        workers.allowCoreThreadTimeOut(true);
        var binding = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 16)
                .childHandler(new Accept(tls, new HttpExchanges(Map.copyOf(documents), workers, counters)))
                .bind(bind)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            close(null);
            throw binding.cause() instanceof IOException e ? e : new IOException(binding.cause());
        }
        server = binding.channel();
    }

    private final class Accept extends ChannelInitializer<Channel> {
        private final @Nullable SslContext tls;
        private final HttpExchanges exchanges;

        Accept(@Nullable SslContext tls, HttpExchanges exchanges) {
            this.tls = tls;
            this.exchanges = exchanges;
        }

        @Override
        protected void initChannel(Channel client) {
            if (connections.size() >= MAX_CONNECTIONS) {
                exchanges.counters().increment("http_overloaded");
                client.close();
                return;
            }
            connections.add(client);
            if (tls != null) {
                client.pipeline().addLast(tls.newHandler(client.alloc()));
            }
            client.pipeline().addLast(
                    new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_HEADERS),
                    new HttpServerKeepAliveHandler(),
                    exchanges.newHandler());
        }
    }

    /** Where it listens, with the port that the system chose. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    @Override
    public void close() {
        close(server);
    }

    private void close(@Nullable Channel listening) {
        if (listening != null) {
            listening.close().awaitUninterruptibly(UNBIND_MILLIS);
        }
        connections.close().awaitUninterruptibly(1000);
        workers.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
