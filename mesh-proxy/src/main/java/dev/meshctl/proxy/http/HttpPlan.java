package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;

/** What becomes of a request. */
public sealed interface HttpPlan {
    /** It goes on. */
    record Forward(Forwarding forwarding) implements HttpPlan {}

    /** The proxy answers, because it is asked to: a redirect, a probe. */
    record Answer(int status, HttpHeaders headers, String body) implements HttpPlan {}

    /** The proxy answers, because it cannot go on. */
    record Refuse(FailureCause cause, String detail) implements HttpPlan {}

    /** CONNECT: answered with 200; then the bare channel is the taker's, with auto-read off. */
    record Tunnel(Consumer<Channel> taker) implements HttpPlan {}
}
