package dev.meshctl.proxy.http;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.tls.Origin;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/** Where one attempt goes, and what is learnt there. {@link #ended} is called once, after the others. */
public interface Upstream {
    Origin origin();

    /** Puts this attempt into the record. */
    void describe(FlowBuilder flow, @Nullable SpiffeId peer);

    /** The last changes to the request, for this endpoint. */
    default void prepare(HttpRequest request) {}

    /** The last changes to the answer's head. */
    void editResponse(HttpHeaders headers);

    /** The endpoint did its part; the time is from sending to the answer's head. */
    void succeeded(long nanos);

    /** A 5xx, a reset, or a connect error. */
    void failed(long nanos);

    void ended();
}
