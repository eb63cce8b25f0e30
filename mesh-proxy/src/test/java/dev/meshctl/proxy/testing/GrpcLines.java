package dev.meshctl.proxy.testing;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A gRPC service of text lines, and its client, with flow control in the hands of the test. */
public final class GrpcLines {
    private static final MethodDescriptor.Marshaller<String> TEXT = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.ISO_8859_1));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };
    private static final MethodDescriptor<String, String> ECHO = method("Echo");
    private static final MethodDescriptor<String, String> FLOOD = method("Flood");
    private static final MethodDescriptor<String, String> TAKE = method("Take");

    /** The text of each message of a flood; its number comes before it. */
    public static final String FILLER = "x".repeat(16 * 1024);

    private GrpcLines() {}

    private static MethodDescriptor<String, String> method(String name) {
        return MethodDescriptor.newBuilder(TEXT, TEXT).setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName("test.Lines/" + name).build();
    }

    public static Server serve() throws IOException {
        return new Server();
    }

    public static Client connect(InetSocketAddress address) {
        return new Client(address);
    }

    /** Echoes, floods, or takes what comes. */
    public static final class Server implements AutoCloseable {
        private final io.grpc.Server server;
        public final AtomicInteger flooded = new AtomicInteger();
        public final AtomicInteger taken = new AtomicInteger();
        /** Calls that were begun. */
        public final AtomicInteger calls = new AtomicInteger();
        private final AtomicBoolean enough = new AtomicBoolean();
        private final CompletableFuture<ServerCallStreamObserver<String>> taker = new CompletableFuture<>();

        private Server() throws IOException {
            server = NettyServerBuilder.forAddress(SmallMesh.loopback()).addService(
                    ServerServiceDefinition.builder("test.Lines")
                            .addMethod(ECHO, ServerCalls.asyncBidiStreamingCall(this::echo))
                            .addMethod(FLOOD, ServerCalls.asyncBidiStreamingCall(this::flood))
                            .addMethod(TAKE, ServerCalls.asyncBidiStreamingCall(this::take))
                            .build()).build().start();
        }

        private StreamObserver<String> echo(StreamObserver<String> answer) {
            calls.incrementAndGet();
            return new Ending(answer) {
                @Override
                public void onNext(String line) {
                    answer.onNext("echo " + line);
                }
            };
        }

        // As much as the client takes, until it is enough.
        private StreamObserver<String> flood(StreamObserver<String> answer) {
            ServerCallStreamObserver<String> call = (ServerCallStreamObserver<String>) answer;
            AtomicBoolean over = new AtomicBoolean();
            call.setOnReadyHandler(() -> {
                while (call.isReady() && !enough.get() && flooded.get() < Pattern.CAP / FILLER.length()) {
                    call.onNext(flooded.getAndIncrement() + " " + FILLER);
                }
                if (enough.get() && over.compareAndSet(false, true)) {
                    call.onCompleted();
                }
            });
            return new Ending(null);
        }

        private StreamObserver<String> take(StreamObserver<String> answer) {
            ServerCallStreamObserver<String> call = (ServerCallStreamObserver<String>) answer;
            call.disableAutoRequest();
            taker.complete(call);
            return new Ending(answer) {
                @Override
                public void onNext(String line) {
                    if (line.equals(taken.getAndIncrement() + " " + FILLER)) {
                        call.request(1);
                    } else {
                        call.onError(Status.DATA_LOSS.asException());
                    }
                }
            };
        }

        /** The flood ends with the message that is written now. */
        public void enough() {
            enough.set(true);
        }

        /** Begins to take what the client of {@link Client#fill} has sent. */
        public void takeAll() {
            taker.join().request(1);
        }

        public int port() {
            return server.getPort();
        }

        @Override
        public void close() {
            server.shutdownNow();
        }
    }

    private static class Ending implements StreamObserver<String> {
        private final StreamObserver<String> answer;

        Ending(StreamObserver<String> answer) {
            this.answer = answer;
        }

        @Override
        public void onNext(String line) {}

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {
            if (answer != null) {
                answer.onCompleted();
            }
        }
    }

    /** One connection. */
    public static final class Client implements AutoCloseable {
        private final ManagedChannel channel;

        private Client(InetSocketAddress address) {
            channel = NettyChannelBuilder.forAddress(address).usePlaintext().build();
        }

        public Talk talk() {
            return new Talk(channel.newCall(ECHO, CallOptions.DEFAULT), true);
        }

        /** Asks for the flood, and takes nothing of it until told to. */
        public Talk flood() {
            return new Talk(channel.newCall(FLOOD, CallOptions.DEFAULT), false);
        }

        /** Will send as much as the server takes. */
        public Talk fill() {
            return new Talk(channel.newCall(TAKE, CallOptions.DEFAULT), true);
        }

        @Override
        public void close() throws InterruptedException {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    /** One call. */
    public static final class Talk extends ClientCall.Listener<String> {
        private final ClientCall<String, String> call;
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        private final CompletableFuture<Status> status = new CompletableFuture<>();
        private final boolean eager;
        private volatile int filled = -1;
        private volatile boolean full;
        public final AtomicInteger received = new AtomicInteger();

        private Talk(ClientCall<String, String> call, boolean eager) {
            this.call = call;
            this.eager = eager;
            call.start(this, new Metadata());
            if (eager) {
                call.request(1);
            } else {
                call.halfClose();
            }
        }

        @Override
        public void onMessage(String line) {
            received.incrementAndGet();
            lines.add(line.length() > 100 ? line.substring(0, line.indexOf(' ')) : line);
            call.request(1);
        }

        @Override
        public void onReady() {
            pour();
        }

        @Override
        public void onClose(Status end, Metadata trailers) {
            status.complete(end);
        }

        /** Sends until the call is not ready, and goes on when it is; to be called once. */
        public void pourOut() {
            filled = 0;
            pour();
        }

        private synchronized void pour() {
            while (filled >= 0 && !full && call.isReady() && filled < Pattern.CAP / FILLER.length()) {
                call.sendMessage(filled + " " + FILLER);
                filled++;
            }
        }

        public int filled() {
            return Math.max(0, filled);
        }

        /** Ends the pouring; how many were sent. */
        public synchronized int enough() {
            full = true;
            call.halfClose();
            return filled;
        }

        /** The answer to one line. */
        public String say(String line) throws InterruptedException {
            call.sendMessage(line);
            String answer = lines.poll(30, TimeUnit.SECONDS);
            return answer == null ? "no answer; " + status.getNow(Status.UNKNOWN) : answer;
        }

        /** Begins to take what the server floods. */
        public void takeAll() {
            call.request(1);
        }

        public void cancel() {
            call.cancel("enough", null);
        }

        /** Ends the call; true if the server ended it well. */
        public boolean end() throws Exception {
            if (eager && !full) {
                call.halfClose();
            }
            return status.get(30, TimeUnit.SECONDS).isOk();
        }

        /** True if lines "0", "1", ... came, so many. */
        public boolean cameInOrder(int count) {
            for (int i = 0; i < count; i++) {
                if (!String.valueOf(i).equals(lines.poll())) {
                    return false;
                }
            }
            return lines.isEmpty();
        }
    }
}
