package dev.meshctl.trust.server;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;

/** Notes the address a call comes from, without the port. */
final class CallSource implements ServerInterceptor {
    private static final Context.Key<String> SOURCE = Context.keyWithDefault("meshctl-source", "unknown");

    static String current() {
        return SOURCE.get();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String source = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress()
                : "unix";
        return Contexts.interceptCall(Context.current().withValue(SOURCE, source), call, headers, next);
    }
}
