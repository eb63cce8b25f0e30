package dev.meshctl.cli.testing;

import dev.meshctl.runtime.net.HostPort;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An API server that answers what it is told to, and forwards ports over WebSockets as a kubelet does. Whatever it
 * was not told is 404, in the words of a real one.
 */
public final class FakeApiServer implements AutoCloseable {
    /** What was asked: the label selector, empty if there was none, the body, and whether nothing was to come of it. */
    public record Asked(String selector, String body, boolean dryRun) {}

    /** An answer: the body is JSON. */
    public record Answer(int code, String body) {}

    private final Map<String, Function<Asked, Answer>> answers = new ConcurrentHashMap<>();
    private final Map<String, HostPort> forwards = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<Channel> forwarding = new CopyOnWriteArrayList<>();
    private final EventLoopGroup threads = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final Channel listening;

    public FakeApiServer() {
        listening = new ServerBootstrap().group(threads).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Requests());
                    }
                })
                .childOption(ChannelOption.AUTO_READ, true)
                .bind("127.0.0.1", 0).syncUninterruptibly().channel();
        answer("GET", "/version", "{\"major\":\"1\",\"minor\":\"31\",\"gitVersion\":\"v1.31.4\"}");
    }

    public String url() {
        return "http://127.0.0.1:" + ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /** Answers 200 to a method and path, whatever the query. */
    public FakeApiServer answer(String method, String path, String json) {
        return answer(method, path, body -> new Answer(200, json));
    }

    /** Answers what the function makes of the request; may block. */
    public FakeApiServer answer(String method, String path, Function<Asked, Answer> to) {
        answers.put(method + " " + path, to);
        return this;
    }

    /** A port of a pod of mesh-system leads to an address. */
    public FakeApiServer forward(String pod, int port, HostPort to) {
        return forward("mesh-system", pod, port, to);
    }

    /** A port of a pod leads to an address. */
    public FakeApiServer forward(String namespace, String pod, int port, HostPort to) {
        forwards.put("/api/v1/namespaces/" + namespace + "/pods/" + pod + "/portforward?" + port, to);
        return this;
    }

    /** Methods and paths that were asked, in order. */
    public List<String> requests() {
        return requests;
    }

    /** How many forwarded connections are open. */
    public long openForwards() {
        return forwarding.stream().filter(Channel::isActive).count();
    }

    /** What a real one answers when it refuses. */
    public static Answer refusal(int code, String reason, String message) {
        return new Answer(code, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" + code
                + ",\"reason\":\"" + reason + "\",\"message\":\"" + message.replace("\"", "\\\"").replace("\n", "\\n") + "\"}");
    }

    /** The same with causes, as {@code FIELD: MESSAGE} each. */
    public static Answer refusal(int code, String reason, String message, List<String> causes) {
        String told = causes.stream().map(cause -> cause.split(": ", 2))
                .map(cause -> "{\"field\":\"" + cause[0] + "\",\"message\":\"" + cause[1] + "\"}").collect(Collectors.joining(","));
        return new Answer(code, refusal(code, reason, message).body().replaceFirst("}$", ",\"details\":{\"causes\":[" + told + "]}}"));
    }

    @Override
    public void close() {
        listening.close().syncUninterruptibly();
        threads.shutdownGracefully();
    }

    private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            String path = new QueryStringDecoder(request.uri()).path();
            requests.add(request.method() + " " + path);
            if (path.endsWith("/portforward") && answers.get("GET " + path) == null) {
                upgrade(context, request, path);
                return;
            }
            Function<Asked, Answer> known = answers.getOrDefault(request.method() + " " + path, body ->
                    refusal(404, "NotFound", "the server could not find the requested resource"));
            Map<String, List<String>> query = new QueryStringDecoder(request.uri()).parameters();
            Asked asked = new Asked(query.getOrDefault("labelSelector", List.of("")).getFirst(),
                    request.content().toString(StandardCharsets.UTF_8), query.containsKey("dryRun"));
            Thread.ofVirtual().start(() -> send(context, known.apply(asked)));
        }

        private void send(ChannelHandlerContext context, Answer answer) {
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(answer.code()),
                    Unpooled.wrappedBuffer(answer.body().getBytes(StandardCharsets.UTF_8)));
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            context.writeAndFlush(response);
        }

        private void upgrade(ChannelHandlerContext context, FullHttpRequest request, String path) {
            String port = new QueryStringDecoder(request.uri()).parameters().getOrDefault("ports", List.of("0")).getFirst();
            HostPort to = forwards.get(path + "?" + port);
            if (to == null) {
                send(context, refusal(404, "NotFound", "no such pod"));
                return;
            }
            WebSocketServerHandshaker handshaker = Objects.requireNonNull(
                    new WebSocketServerHandshakerFactory("ws://localhost" + request.uri(), "*", false).newHandshaker(request));
            context.pipeline().remove(this);
            forwarding.add(context.channel());
            ForwardedPort forwarded = new ForwardedPort(to, Integer.parseInt(port));
            handshaker.handshake(context.channel(), request).addListener(done -> {
                context.pipeline().addLast(forwarded);
                forwarded.open(context.channel());
            });
        }
    }
}
