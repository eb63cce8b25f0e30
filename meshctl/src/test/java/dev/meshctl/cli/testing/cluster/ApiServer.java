package dev.meshctl.cli.testing.cluster;

import dev.meshctl.cli.testing.ForwardedPort;
import dev.meshctl.cli.testing.cluster.ApiRequests.Request;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import tools.jackson.databind.node.ObjectNode;

/** The connections of an API server: requests, watches and forwarded ports over TLS. May be away for a while. */
final class ApiServer implements AutoCloseable {
    private static final int MAX_BODY = 8 << 20;
    private static final long WATCH_WAIT_MS = 1_000;

    private final Store store;
    private final ApiRequests requests;
    private final ApiFaults faults;
    private final SslContext tls;
    private final EventLoopGroup threads = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    /** Once it is closed, it closes each that is still added. */
    private volatile ChannelGroup connections = newConnections();
    private final String host;
    private Channel listening;
    private final int port;
    private volatile BiFunction<ResourcePath, String, String> logs = (path, container) -> "";
    private volatile Function<ResourcePath, Optional<String>> networks = path -> Optional.empty();

    ApiServer(String host, Store store, ApiRequests requests, ServerCertificate certificate, ApiFaults faults) throws SSLException {
        this.store = store;
        this.requests = requests;
        this.faults = faults;
        this.host = host;
        this.tls = SslContextBuilder.forServer(certificate.keys().getPrivate(), certificate.certificate())
                .sslProvider(SslProvider.JDK).build();
        this.listening = listen(0);
        this.port = ((InetSocketAddress) listening.localAddress()).getPort();
    }

    int port() {
        return port;
    }

    /** What a container of a pod has said. */
    void logs(BiFunction<ResourcePath, String, String> read) {
        logs = read;
    }

    /** The network namespace of a pod that runs. */
    void networks(Function<ResourcePath, Optional<String>> find) {
        networks = find;
    }

    private static ChannelGroup newConnections() {
        return new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    }

    private Channel listen(int at) {
        ChannelGroup accepted = connections;
        return new ServerBootstrap().group(threads).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted.add(channel);
                        channel.pipeline().addLast(tls.newHandler(channel.alloc()), new HttpServerCodec(),
                                new HttpObjectAggregator(MAX_BODY), new Requests());
                    }
                })
                .bind(host, at).syncUninterruptibly().channel();
    }

    /** Nobody gets a connection, and those that there are break. */
    void goAway() {
        listening.close().syncUninterruptibly();
        connections.close().syncUninterruptibly();
    }

    void comeBack() {
        connections = newConnections();
        listening = listen(port);
    }

    @Override
    public void close() {
        goAway();
        threads.shutdownGracefully();
    }

    /** Brings the answer to who asked, or not. */
    @FunctionalInterface
    private interface Answer {
        void give(int code, String body) throws InterruptedException;
    }

    private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        // Clients that end cut their connections.
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest http) {
            QueryStringDecoder decoder = new QueryStringDecoder(http.uri());
            Map<String, String> query = new LinkedHashMap<>();
            decoder.parameters().forEach((name, values) -> query.put(name, values.getFirst()));
            String authorization = http.headers().get(HttpHeaderNames.AUTHORIZATION, "");
            Request request = new Request(http.method().name(), decoder.path(), query, authorization.replaceFirst("^Bearer ", ""),
                    http.headers().get(HttpHeaderNames.CONTENT_TYPE, ""), http.content().toString(StandardCharsets.UTF_8));
            FullHttpRequest kept = http.retain();
            Thread.ofVirtual().start(() -> {
                try {
                    serve(context, kept, request);
                } finally {
                    kept.release();
                }
            });
        }

        private void serve(ChannelHandlerContext context, FullHttpRequest http, Request request) {
            ApiFaults.Whom whom = requests.isUser(request) ? ApiFaults.Whom.USERS : ApiFaults.Whom.PODS;
            try {
                switch (faults.of(whom, request)) {
                    case NONE -> serve(context, http, request, whom);
                    case SLOW_REQUEST -> {
                        Thread.sleep(faults.slowMillis());
                        serve(context, http, request, whom);
                    }
                    case SLOW_ANSWER -> answer(context, http, request, whom, (code, body) -> {
                        Thread.sleep(faults.slowMillis());
                        send(context, code, body);
                    });
                    case LOST_ANSWER -> answer(context, http, request, whom, (code, body) -> context.close());
                    case TIMEOUT -> answer(context, http, request, whom, (code, body) -> refuse(context, 504, "Timeout",
                            "Timeout: request did not complete within the allotted timeout"));
                    case LOST_REQUEST -> context.close();
                    case ERROR -> refuse(context, 500, "InternalError", "etcdserver: leader changed");
                    case UNAVAILABLE -> refuse(context, 503, "ServiceUnavailable", "apiserver not ready");
                    case THROTTLED -> refuse(context, 429, "TooManyRequests", "too many requests, please try again later");
                    case OVERTAKEN -> {
                        requests.touch(request);
                        serve(context, http, request, whom);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void refuse(ChannelHandlerContext context, int code, String reason, String message) {
            send(context, code, new Refused(code, reason, message).status().toString());
        }

        private void serve(ChannelHandlerContext context, FullHttpRequest http, Request request, ApiFaults.Whom whom)
                throws InterruptedException {
            answer(context, http, request, whom, (code, body) -> send(context, code, body));
        }

        private void answer(ChannelHandlerContext context, FullHttpRequest http, Request request, ApiFaults.Whom whom, Answer answer)
                throws InterruptedException {
            try {
                if (request.path().equals("/version")) {
                    answer.give(200, Store.JSON.createObjectNode().put("major", "1").put("minor", "31")
                            .put("gitVersion", "v1.31.4").toString());
                    return;
                }
                ResourcePath path = requests.admitted(request);
                if (path.subresource().equals("portforward")) {
                    forward(context, http, path, Integer.parseInt(request.query().getOrDefault("ports", "0")));
                } else if (path.subresource().equals("log")) {
                    answer.give(200, logs.apply(path, request.query().getOrDefault("container", "")));
                } else if (request.method().equals("GET") && ApiRequests.isWatch(request)) {
                    watch(context, http, request, path, whom);
                } else {
                    answer.give(request.method().equals("POST") ? 201 : 200, requests.answer(request, path).toString());
                }
            } catch (Refused e) {
                answer.give(e.code(), e.status().toString());
            } catch (RuntimeException e) {
                e.printStackTrace();
                refuse(context, 500, "InternalError", request + ": " + e);
            }
        }

        private void send(ChannelHandlerContext context, int code, String body) {
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(code),
                    Unpooled.wrappedBuffer(body.getBytes(StandardCharsets.UTF_8)));
            if (code == 429) {
                response.headers().set(HttpHeaderNames.RETRY_AFTER, "1");
            }
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.DATE, DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)))
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            context.writeAndFlush(response);
        }

        // Over a WebSocket for clients that ask for one, else as lines of a response that does not end.
        private void watch(ChannelHandlerContext context, FullHttpRequest http, Request request, ResourcePath path, ApiFaults.Whom whom)
                throws InterruptedException {
            boolean socket = "websocket".equalsIgnoreCase(http.headers().get(HttpHeaderNames.UPGRADE));
            if (socket) {
                upgrade(context, http, new SimpleChannelInboundHandler<WebSocketFrame>() {
                    @Override
                    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
                        from.close();
                    }

                    @Override
                    protected void channelRead0(ChannelHandlerContext from, WebSocketFrame frame) {
                        if (frame instanceof CloseWebSocketFrame) {
                            from.close();
                        }
                    }
                }, () -> {});
            } else {
                DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
                head.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
                HttpUtil.setTransferEncodingChunked(head, true);
                context.writeAndFlush(head);
            }
            try {
                watch(context.channel(), request, path, socket, whom);
            } catch (Refused gone) {
                write(context.channel(), socket, "ERROR", gone.status());
                context.channel().writeAndFlush(socket ? new CloseWebSocketFrame() : LastHttpContent.EMPTY_LAST_CONTENT);
            }
        }

        private void watch(Channel channel, Request request, ResourcePath path, boolean socket, ApiFaults.Whom whom)
                throws InterruptedException {
            long from = Long.parseLong(request.query().getOrDefault("resourceVersion", "0"));
            var which = Selector.labels(request.query().getOrDefault("labelSelector", ""))
                    .and(Selector.fields(request.query().getOrDefault("fieldSelector", "")));
            if (from == 0) {
                from = store.version();
            }
            while (channel.isActive()) {
                switch (faults.ofWatch(whom, path)) {
                    case NONE -> { }
                    case CUT -> channel.close();
                    case SILENT -> Thread.sleep(faults.silentMillis());
                    case GONE -> throw new Refused(410, "Expired", "too old resource version: " + from);
                }
                List<Store.Event> events = store.since(from, event -> true, WATCH_WAIT_MS);
                for (Store.Event event : events) {
                    from = event.version();
                    if (event.kind().equals(path.kind()) && which.test(event.object()) && (path.namespace().isEmpty()
                            || event.object().path("metadata").path("namespace").asString("").equals(path.namespace()))) {
                        write(channel, socket, event.type(), event.object());
                    }
                }
                if (events.isEmpty() && request.query().containsKey("allowWatchBookmarks")) {
                    bookmark(path, from).ifPresent(bookmark -> write(channel, socket, "BOOKMARK", bookmark));
                }
            }
        }

        // Its kind must be told, and only objects that are there tell it.
        private Optional<ObjectNode> bookmark(ResourcePath path, long version) {
            return store.list(path.kind(), "").stream().findFirst().map(any -> {
                ObjectNode bookmark = Store.JSON.createObjectNode();
                bookmark.put("kind", any.path("kind").asString("")).put("apiVersion", any.path("apiVersion").asString(""));
                bookmark.putObject("metadata").put("resourceVersion", String.valueOf(version));
                return bookmark;
            });
        }

        private void write(Channel channel, boolean socket, String type, ObjectNode object) {
            ObjectNode event = Store.JSON.createObjectNode().put("type", type);
            event.set("object", object);
            channel.writeAndFlush(socket ? new TextWebSocketFrame(event.toString()) : new DefaultHttpContent(
                    Unpooled.wrappedBuffer((event + "\n").getBytes(StandardCharsets.UTF_8))));
        }

        private void forward(ChannelHandlerContext context, FullHttpRequest http, ResourcePath path, int at) {
            ForwardedPort forwarded = new ForwardedPort(new PodLoopback(networks.apply(path)
                    .orElseThrow(() -> new Refused(400, "BadRequest", "cannot forward to " + path)), at), at);
            upgrade(context, http, forwarded, () -> forwarded.open(context.channel()));
        }

        private void upgrade(ChannelHandlerContext context, FullHttpRequest http, ChannelHandler then, Runnable open) {
            WebSocketServerHandshaker handshaker = new WebSocketServerHandshakerFactory("wss://localhost" + http.uri(), "*", false)
                    .newHandshaker(http);
            if (handshaker == null) {
                throw new Refused(400, "BadRequest", "no WebSocket of that version");
            }
            FullHttpRequest copy = http.copy();
            CompletableFuture<Boolean> upgraded = new CompletableFuture<>();
            context.executor().execute(() -> {
                context.pipeline().remove(this);
                handshaker.handshake(context.channel(), copy).addListener(done -> {
                    copy.release();
                    context.pipeline().addLast(then);
                    open.run();
                    upgraded.complete(true);
                });
            });
            upgraded.join();
        }
    }
}
