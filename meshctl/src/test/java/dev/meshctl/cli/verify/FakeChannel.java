package dev.meshctl.cli.verify;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers unary calls by method name, without a network. A method without an answer is UNAVAILABLE. */
public final class FakeChannel extends Channel {
    private final Map<String, Function<Object, Object>> answers = new ConcurrentHashMap<>();

    /** @param method as in {@code Status}, unique over the services in use */
    public FakeChannel answer(String method, Object answer) {
        answers.put(method, request -> answer);
        return this;
    }

    /** Answers each request by what it asks for. */
    FakeChannel answering(String method, Function<Object, Object> answer) {
        answers.put(method, answer);
        return this;
    }

    FakeChannel without(String method) {
        answers.remove(method);
        return this;
    }

    /** Never answers. */
    FakeChannel hang(String method) {
        answers.put(method, request -> Hang.INSTANCE);
        return this;
    }

    @Override
    public String authority() {
        return "fake";
    }

    @Override
    public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
        String name = String.valueOf(method.getBareMethodName());
        String service = String.valueOf(method.getServiceName());
        Function<Object, Object> answer =
                answers.getOrDefault(service.substring(service.lastIndexOf('.') + 1) + "/" + name, answers.get(name));
        return new FakeCall<>(answer);
    }

    private enum Hang {
        INSTANCE
    }

    private static final class FakeCall<Q, A> extends ClientCall<Q, A> {
        private final @Nullable Function<Object, Object> answer;
        private @Nullable Listener<A> listener;
        private @Nullable Q request;

        FakeCall(@Nullable Function<Object, Object> answer) {
            this.answer = answer;
        }

        @Override
        public void start(Listener<A> responseListener, Metadata headers) {
            listener = responseListener;
        }

        @Override
        public void request(int numMessages) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void sendMessage(Q message) {
            request = message;
        }

        @Override
        @SuppressWarnings("unchecked")
        public void halfClose() {
            Listener<A> to = java.util.Objects.requireNonNull(listener);
            if (answer == null) {
                to.onClose(Status.UNAVAILABLE.withDescription("connection refused"), new Metadata());
                return;
            }
            Object result = answer.apply(java.util.Objects.requireNonNull(request));
            if (result == Hang.INSTANCE) {
                return;
            }
            to.onHeaders(new Metadata());
            to.onMessage((A) result);
            to.onClose(Status.OK, new Metadata());
        }
    }
}
