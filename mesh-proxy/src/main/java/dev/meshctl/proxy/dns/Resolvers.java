package dev.meshctl.proxy.dns;

import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.runtime.daemon.Counters;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * The system's resolvers, asked one after the other, twice round, by the protocol that the client used: an answer that is
 * cut short goes to the client so, which then comes again by TCP, and is asked for by TCP. Each try has a port of its own
 * and an id of its own (RFC 5452); at most {@value #MAX_IN_FLIGHT} queries are under way.
 *
 * <p>Counted causes: {@code dns_no_resolver}, {@code dns_overloaded}, {@code dns_timeout}, {@code dns_resolver_failed},
 * {@code dns_answer_mismatch}.
 */
final class Resolvers implements Forwarder {
    static final int MAX_IN_FLIGHT = 1024;

    private static final int MAX_MESSAGE = 65_535;
    private static final int ROUNDS = 2;
    private static final RandomGenerator IDS = new SecureRandom();

    private final EventLoops loops;
    private final List<InetSocketAddress> servers;
    private final Duration timeout;
    private final Counters counters;
    private final ChannelFactory<? extends Channel> sockets;
    private final ChannelFactory<? extends Channel> datagrams;
    private final AtomicInteger inFlight = new AtomicInteger();

    /** @param timeout of one try */
    Resolvers(EventLoops loops, ResolvConf conf, Duration timeout, Counters counters) {
        this(loops, conf, timeout, counters, new ReflectiveChannelFactory<>(loops.socketChannel()),
                new ReflectiveChannelFactory<>(loops.datagramChannel()));
    }

    Resolvers(EventLoops loops, ResolvConf conf, Duration timeout, Counters counters,
            ChannelFactory<? extends Channel> sockets, ChannelFactory<? extends Channel> datagrams) {
        this.sockets = sockets;
        this.datagrams = datagrams;
        this.loops = loops;
        this.servers = conf.servers();
        this.timeout = timeout;
        this.counters = counters;
    }

    @Override
    public CompletionStage<byte[]> forward(Query query, boolean tcp) {
        if (servers.isEmpty()) {
            counters.increment("dns_no_resolver");
            return CompletableFuture.completedFuture(Answers.empty(query, Answers.SERVER_FAILURE));
        }
        if (inFlight.incrementAndGet() > MAX_IN_FLIGHT) {
            inFlight.decrementAndGet();
            counters.increment("dns_overloaded");
            return CompletableFuture.completedFuture(Answers.empty(query, Answers.SERVER_FAILURE));
        }
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        Exchange exchange = new Exchange(query, tcp, loops.workers().next(), answer);
        exchange.loop.execute(() -> exchange.attempt(0));
        return answer.whenComplete((bytes, failure) -> inFlight.decrementAndGet());
    }

    /** One query until its answer. Confined to its event loop. */
    private final class Exchange {
        private final Query query;
        private final boolean tcp;
        private final EventLoop loop;
        private final CompletableFuture<byte[]> answer;

        Exchange(Query query, boolean tcp, EventLoop loop, CompletableFuture<byte[]> answer) {
            this.query = query;
            this.tcp = tcp;
            this.loop = loop;
            this.answer = answer;
        }

        void attempt(int number) {
            if (number >= servers.size() * ROUNDS) {
                answer.complete(Answers.empty(query, Answers.SERVER_FAILURE));
                return;
            }
            byte[] message = query.message().clone();
            id(message, IDS.nextInt(1 << 16));
            new Attempt(this, number, message).start(servers.get(number % servers.size()));
        }
    }

    private static void id(byte[] message, int id) {
        message[0] = (byte) (id >> 8);
        message[1] = (byte) id;
    }

    /** One try at one server. */
    private final class Attempt extends SimpleChannelInboundHandler<Object> {
        private final Exchange exchange;
        private final int number;
        private final byte[] message;
        private final Query asked;
        private boolean over;

        Attempt(Exchange exchange, int number, byte[] message) {
            this.exchange = exchange;
            this.number = number;
            this.message = message;
            Query query = exchange.query;
            this.asked = new Query(message, query.name(), query.type(), query.dnsClass(), query.questionEnd(), query.edns());
        }

        void start(InetSocketAddress server) {
            Attempt self = this;
            ChannelFuture connecting = bootstrap(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    if (exchange.tcp) {
                        channel.pipeline().addLast(
                                new LengthFieldBasedFrameDecoder(MAX_MESSAGE + 2, 0, 2, 0, 2), new LengthFieldPrepender(2));
                    }
                    channel.pipeline().addLast(self);
                }
            }).connect(server);
            Channel channel = connecting.channel();
            var timer = exchange.loop.schedule(() -> next(channel, "dns_timeout"), timeout.toNanos(), TimeUnit.NANOSECONDS);
            channel.closeFuture().addListener(closed -> timer.cancel(false));
            connecting.addListener((ChannelFuture connected) -> {
                if (!connected.isSuccess()) {
                    failed(channel);
                    return;
                }
                channel.writeAndFlush(Unpooled.wrappedBuffer(message)).addListener(written -> {
                    if (!written.isSuccess()) {
                        next(channel, "dns_resolver_failed");
                    }
                });
            });
        }

        /** Where no socket could be had, as without a descriptor, another thread tells, and there is nothing to close. */
        private void failed(Channel channel) {
            if (exchange.loop.inEventLoop()) {
                next(channel, "dns_resolver_failed");
            } else {
                exchange.loop.execute(() -> next(channel, "dns_resolver_failed"));
            }
        }

        private Bootstrap bootstrap(ChannelInitializer<Channel> initializer) {
            Bootstrap bootstrap = new Bootstrap().group(exchange.loop).handler(initializer);
            return exchange.tcp
                    ? bootstrap.channelFactory(sockets)
                            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(timeout.toMillis()))
                    : bootstrap.channelFactory(datagrams)
                            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_MESSAGE));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Object received) {
            ByteBuf content = received instanceof DatagramPacket packet ? packet.content() : (ByteBuf) received;
            byte[] bytes = ByteBufUtil.getBytes(content);
            if (!asked.answeredBy(bytes)) {
                // Somebody guesses, or answers late; the right answer may still come.
                counters.increment("dns_answer_mismatch");
                return;
            }
            if (Answers.code(bytes) == Answers.SERVER_FAILURE && number + 1 < servers.size()) {
                next(ctx.channel(), "dns_resolver_failed");
                return;
            }
            over = true;
            ctx.close();
            id(bytes, exchange.query.id());
            exchange.answer.complete(bytes);
        }

        private void next(Channel channel, String cause) {
            if (!over) {
                over = true;
                counters.increment(cause);
                if (channel.isOpen()) {
                    channel.close();
                }
                exchange.attempt(number + 1);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            next(ctx.channel(), "dns_resolver_failed");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            next(ctx.channel(), "dns_resolver_failed");
        }
    }
}
