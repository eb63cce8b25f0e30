package dev.meshctl.cli.connect;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.function.Supplier;

/** When no connection comes about, the way to the server may know better than the transport why. */
final class TroubleInWords implements ClientInterceptor {
    private final Supplier<String> trouble;

    TroubleInWords(Supplier<String> trouble) {
        this.trouble = trouble;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                super.start(new SimpleForwardingClientCallListener<>(listener) {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        super.onClose(told(status), trailers);
                    }
                }, headers);
            }
        };
    }

    private Status told(Status status) {
        if (status.getCode() != Status.Code.UNAVAILABLE && status.getCode() != Status.Code.DEADLINE_EXCEEDED) {
            return status;
        }
        String why = trouble.get();
        return why.isEmpty() ? status : Status.UNAVAILABLE.withDescription(why);
    }
}
