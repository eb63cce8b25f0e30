package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.resilience.RetryBackoff;
import dev.meshctl.proxy.resilience.RetryPolicy;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer: check, plan, attempt, perhaps attempt again, answer. Confined to the client's event
 * loop. At most one message is under way in each direction; what is kept besides is the replay buffer.
 */
final class Exchange implements HttpStream.Listener {
    private static final Set<HttpMethod> IDEMPOTENT = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS,
            HttpMethod.PUT, HttpMethod.DELETE, HttpMethod.TRACE);

    private final HttpServerHandler client;
    private final EventLoop loop;
    private final HttpRequest request;
    private final FlowBuilder flow;
    private final ReplayBuffer body;
    private final boolean grpc;
    private final boolean keepAlive;
    private final boolean http10;
    private boolean upgrade;
    private @Nullable Forwarding forwarding;
    private @Nullable Upstream upstream;
    private @Nullable HttpStream stream;
    private @Nullable Runnable wish;
    private @Nullable Future<?> requestTimer;
    private @Nullable Future<?> attemptTimer;
    private @Nullable Future<?> backoffTimer;
    private @Nullable AnswerRelay answer;
    private long attemptStarted;
    private int attempts;
    private int unsentAttempts;
    private boolean requestComplete;
    private boolean continued;
    private boolean unflushed;
    private boolean done;

    Exchange(HttpServerHandler client, HttpRequest received) {
        this.client = client;
        this.loop = client.channel().eventLoop();
        this.request = new DefaultHttpRequest(
                HttpVersion.HTTP_1_1, received.method(), received.uri(), received.headers());
        this.request.setDecoderResult(received.decoderResult());
        this.grpc = Grpc.is(received.headers());
        this.http10 = received.protocolVersion().equals(HttpVersion.HTTP_1_0);
        this.keepAlive = HttpUtil.isKeepAlive(received) && !http10;
        this.body = new ReplayBuffer(client.limits().retryBufferBytes());
        this.flow = client.planner().newFlow().protocol(
                grpc ? FlowProtocol.GRPC : client.http2() ? FlowProtocol.HTTP2 : FlowProtocol.HTTP1);
        // As it came, for the check; then it goes on in our own.
        this.request.setProtocolVersion(received.protocolVersion());
    }

    void begin() {
        RequestCheck bad = RequestCheck.of(request);
        if (bad != null) {
            refuse(bad.cause(), bad.detail());
            return;
        }
        request.setProtocolVersion(HttpVersion.HTTP_1_1);
        HttpHeaders headers = request.headers();
        upgrade = !client.http2() && !http10 && headers.containsValue(HttpHeaderNames.CONNECTION, "upgrade", true)
                && headers.contains(HttpHeaderNames.UPGRADE, "websocket", true);
        MeshHeaders.stripHopByHop(headers);
        if (upgrade) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                    .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        }
        String trace = MeshHeaders.traceId(headers, ThreadLocalRandom.current());
        flow.request(request.method().name(), RequestPath.path(request.uri()), trace);
        if (client.memory().refuses(BufferMemory.Work.REQUEST)) {
            refuse(FailureCause.OVERLOADED, client.memory().detail());
            return;
        }
        client.planner().plan(request, flow, loop, this::onPlan);
    }

    private void onPlan(HttpPlan plan) {
        if (done) {
            return;
        }
        switch (plan) {
            case HttpPlan.Refuse refusal -> refuse(refusal.cause(), refusal.detail());
            case HttpPlan.Answer own -> answerOwn(own);
            case HttpPlan.Tunnel tunnel -> openTunnel(tunnel);
            case HttpPlan.Forward forward -> {
                forwarding = forward.forwarding();
                requestTimer = timer(forward.forwarding().requestTimeout(), this::requestTimedOut);
                attempt(forward.forwarding());
            }
        }
    }

    private @Nullable Future<?> timer(Duration timeout, Runnable expired) {
        return timeout.isZero() ? null : loop.schedule(expired, timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void attempt(Forwarding plan) {
        if (done) {
            return;
        }
        switch (plan.next()) {
            case Forwarding.Next.None none -> refuse(none.cause(), none.detail());
            case Forwarding.Next.Try next -> {
                upstream = next.upstream();
                next.upstream().describe(flow, null);
                attemptStarted = System.nanoTime();
                attemptTimer = timer(plan.backendTimeout(), this::attemptTimedOut);
                Runnable handle = client.pool().open(next.upstream().origin(), this);
                if (upstream == next.upstream() && stream == null && !done) {
                    wish = handle;
                }
            }
        }
    }

    @Override
    public void opened(HttpStream opened) {
        Upstream target = upstream;
        if (done || target == null) {
            opened.cancel();
            return;
        }
        wish = null;
        stream = opened;
        target.describe(flow, opened.peer());
        target.prepare(request);
        opened.write(new DefaultHttpRequest(
                HttpVersion.HTTP_1_1, request.method(), request.uri(), request.headers()));
        body.replay(opened::write);
        unflushed = true;
        if (requestComplete) {
            requestSettled();
        } else {
            client.read();
        }
        opened.read();
    }

    /** Nothing more of the request is here now: sends what is. */
    void requestSettled() {
        if (unflushed && stream != null) {
            unflushed = false;
            stream.flush();
        }
    }

    /** Releases the content. */
    void requestContent(HttpContent content) {
        boolean last = content instanceof LastHttpContent;
        requestComplete |= last;
        client.touched();
        if (done) {
            content.release();
            return;
        }
        if (content.decoderResult().isFailure()) {
            content.release();
            requestComplete = false;
            refuse(FailureCause.BAD_REQUEST, "the body is malformed");
            return;
        }
        if (content instanceof LastHttpContent end) {
            MeshHeaders.stripTrailers(end.trailingHeaders());
        }
        flow.received(content.content().readableBytes());
        if (answer == null) {
            body.add(content);
        }
        send(content, last);
    }

    private void send(HttpContent content, boolean last) {
        HttpStream to = stream;
        if (to == null) {
            content.release(); // the replay buffer has it
            if (!body.whole()) {
                refuse(FailureCause.UPSTREAM_RESET, "too much was sent already to send it again");
            }
            return;
        }
        to.write(content);
        unflushed = true;
        if (last) {
            requestSettled();
        } else if (to.isWritable()) {
            client.read();
        }
    }

    @Override
    public void writable() {
        if (!requestComplete && !done) {
            client.read();
        }
    }

    @Override
    public void settled() {
        if (answer != null) {
            answer.settled();
        }
    }

    @Override
    public void message(HttpObject message) {
        client.touched();
        if (done) {
            ReferenceCountUtil.release(message);
        } else if (answer != null) {
            answer.content(message);
        } else if (message instanceof HttpResponse response) {
            head(response);
        } else {
            ReferenceCountUtil.release(message); // the end of an interim answer
            readUpstream();
        }
    }

    private void head(HttpResponse response) {
        int status = response.status().code();
        if (response.decoderResult().isFailure()) {
            Throwable cause = response.decoderResult().cause();
            ReferenceCountUtil.release(response);
            attemptFailed(FailureCause.UPSTREAM_PROTOCOL, Objects.requireNonNullElse(cause.getMessage(), cause.toString()), false);
        } else if (status < 200 && status != 101) {
            interim(response);
        } else if (status == 101) {
            switchProtocols(response);
        } else {
            finalHead(response, status);
        }
    }

    private void interim(HttpResponse response) {
        if (!http10 && (response.status().code() == 100 || response.status().code() == 103)) {
            continued |= response.status().code() == 100;
            FullHttpResponse copy = Answers.interim(response);
            client.write(copy);
            client.flush();
        }
        ReferenceCountUtil.release(response);
        readUpstream();
    }

    private void readUpstream() {
        if (stream != null) {
            stream.read();
        }
    }

    private void finalHead(HttpResponse response, int status) {
        Forwarding plan = plan();
        FailureCause cause = plan.causeIn(status, response.headers());
        boolean untouched = cause != null && Answers.neverReachedApplication(cause);
        if (mayRetryStatus(plan, status, cause, untouched)) {
            ReferenceCountUtil.release(response);
            noteResult(false);
            retry(plan, untouched);
            return;
        }
        cancelTimer(attemptTimer);
        int counted = Answers.countedStatus(status, response.headers(), grpc);
        noteResult(counted < 500 || counted == 501 || cause == FailureCause.DENIED);
        body.release();
        boolean reusable = HttpUtil.isKeepAlive(response);
        AnswerRelay relay = new AnswerRelay(this, client, stream(), flow, status, cause, grpc, reusable);
        answer = relay;
        MeshHeaders.stripHopByHop(response.headers());
        plan.editResponse(response.headers());
        upstream().editResponse(response.headers());
        relay.head(response, request.method(), http10, keepAlive && !client.draining() && mayComplete(reusable));
    }

    // Otherwise nobody takes the rest of the request, and the client should not send its next one after it.
    private boolean mayComplete(boolean upstreamReusable) {
        return requestComplete || (upstreamReusable && (continued || !HttpUtil.is100ContinueExpected(request)));
    }

    private boolean mayRetryStatus(Forwarding plan, int status, @Nullable FailureCause cause, boolean untouched) {
        RetryPolicy policy = plan.retry();
        if (!body.whole() || upgrade) {
            return false;
        }
        if (untouched) {
            // Other workloads of an overloaded service are asked too, but not beyond what it bears.
            return unsentAttempts + 1 < plan.maxUnsentAttempts()
                    && (cause != FailureCause.OVERLOADED || plan.mayRetry());
        }
        return policy.statusCodes().contains(status) && repeatable(policy) && plan.mayRetry();
    }

    private boolean repeatable(RetryPolicy policy) {
        return attempts < policy.attempts() && (policy.configured() || IDEMPOTENT.contains(request.method()));
    }

    @Override
    public void failed(FailureCause cause, String detail) {
        wish = null;
        if (!done) {
            attemptFailed(cause, detail, true);
        }
    }

    @Override
    public void closed(boolean unprocessed) {
        if (done) {
            return;
        }
        FailureCause known = stream == null ? null : stream.closedFor();
        FailureCause why = known == null ? plan().resetCause() : known;
        if (answer != null) {
            stream = null;
            answer.cut(why);
        } else {
            boolean stale = stream != null && stream.reused() && IDEMPOTENT.contains(request.method());
            boolean unseen = why == FailureCause.CERTIFICATE_REFUSED; // a server reads nothing of whom it does not know
            attemptFailed(why, "closed before an answer", unprocessed || unseen || stale);
        }
    }

    // A bound of ours that is reached says nothing about the endpoint.
    private static boolean isOwn(FailureCause cause) {
        return cause == FailureCause.OVERLOADED || cause == FailureCause.OUT_OF_MEMORY;
    }

    private void attemptFailed(FailureCause cause, String detail, boolean unsent) {
        Forwarding plan = plan();
        noteResult(isOwn(cause));
        boolean again = body.whole() && (unsent
                ? unsentAttempts + 1 < plan.maxUnsentAttempts()
                : repeatable(plan.retry()) && plan.mayRetry());
        if (again) {
            retry(plan, unsent);
        } else {
            refuse(cause, detail);
        }
    }

    private void retry(Forwarding plan, boolean unsent) {
        letGo();
        flow.retried();
        int nth = unsent ? ++unsentAttempts : ++attempts;
        long pause = unsent && nth == 1 ? 0
                : RetryBackoff.nanos(plan.retry().backoff(), nth, ThreadLocalRandom.current());
        backoffTimer = loop.schedule(() -> attempt(plan), pause, TimeUnit.NANOSECONDS);
    }

    private void noteResult(boolean success) {
        if (upstream != null) {
            long nanos = System.nanoTime() - attemptStarted;
            if (success) {
                upstream.succeeded(nanos);
            } else {
                upstream.failed(nanos);
            }
        }
    }

    private void letGo() {
        cancelTimer(attemptTimer);
        if (wish != null) {
            wish.run();
            wish = null;
        }
        if (stream != null) {
            stream.cancel();
            stream = null;
        }
        if (upstream != null) {
            upstream.ended();
            upstream = null;
        }
    }

    private static void cancelTimer(@Nullable Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void attemptTimedOut() {
        if (!done && answer == null) {
            attemptFailed(FailureCause.REQUEST_TIMEOUT,
                    "the endpoint did not answer within " + plan().backendTimeout().toMillis() + " ms", false);
        }
    }

    private void requestTimedOut() {
        expire(FailureCause.REQUEST_TIMEOUT, "not done within " + plan().requestTimeout().toMillis() + " ms");
    }

    /** Nothing has moved for too long. */
    void idle() {
        // Without a connection to send it on, nothing more of the request was asked for: the client is not to blame.
        boolean upstreams = answer == null && (requestComplete || stream == null);
        expire(upstreams ? FailureCause.REQUEST_TIMEOUT : FailureCause.IDLE_TIMEOUT,
                "nothing was sent for " + client.limits().streamIdleTimeout().toMillis() + " ms");
    }

    private void expire(FailureCause cause, String detail) {
        if (done) {
            return;
        }
        if (answer != null) {
            answer.cut(cause);
        } else {
            noteResult(false);
            refuse(cause, detail);
        }
    }

    void clientWritable() {
        if (answer != null) {
            answer.clientWritable();
        }
    }

    void clientGone(FailureCause why) {
        end(answer == null ? 0 : answer.status(), why);
    }

    private void refuse(FailureCause cause, String detail) {
        if (done) {
            return;
        }
        FullHttpResponse refusal = MeshAnswer.refusal(cause, detail, grpc);
        int status = grpc ? cause.httpStatus() : refusal.status().code();
        answerWith(refusal, status, cause);
    }

    private void answerOwn(HttpPlan.Answer own) {
        answerWith(MeshAnswer.answer(own.status(), own.headers(), own.body()), own.status(), null);
    }

    private void answerWith(FullHttpResponse response, int status, @Nullable FailureCause cause) {
        boolean readable = cause != FailureCause.BAD_REQUEST && cause != FailureCause.HEADERS_TOO_LARGE
                && cause != FailureCause.HTTP_VERSION;
        boolean keep = keepAlive && readable && !client.draining() && (requestComplete || bodiless());
        if (!keep && !client.http2()) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        flow.sent(response.content().readableBytes());
        client.write(response);
        client.flush();
        if (keep && !requestComplete) {
            pendingEnd(status, cause);
        } else {
            end(status, cause);
            client.ended(keep, requestComplete);
        }
    }

    private boolean bodiless() {
        return !request.decoderResult().isFailure() && !HttpUtil.isTransferEncodingChunked(request)
                && HttpUtil.getContentLength(request, 0L) == 0;
    }

    // The end of a request without body is the next message; with it the connection is free again.
    private void pendingEnd(int status, @Nullable FailureCause cause) {
        end(status, cause);
        client.endedBeforeLast();
    }

    private void openTunnel(HttpPlan.Tunnel tunnel) {
        client.write(Answers.tunnelOpen());
        client.flush();
        if (done) {
            return; // the client is gone
        }
        done = true;
        body.release();
        client.takeOver(tunnel.taker());
    }

    private void switchProtocols(HttpResponse response) {
        HttpStream to = stream();
        if (!upgrade) {
            ReferenceCountUtil.release(response);
            attemptFailed(FailureCause.UPSTREAM_PROTOCOL, "101 without being asked to switch", false);
            return;
        }
        noteResult(true);
        cancelTimers();
        done = true;
        body.release();
        Upstream target = upstream();
        client.write(Answers.switching(response));
        client.flush();
        client.tunnelTo(to, (why, forward, back) -> {
            flow.received(forward);
            flow.sent(back);
            flow.finish(101, null);
            target.ended();
        });
    }

    /** The answer is written whole. */
    void answered(int countedStatus, @Nullable FailureCause cause, boolean upstreamReusable, boolean keepClient) {
        if (stream != null) {
            stream.finish(upstreamReusable && requestComplete);
            stream = null;
        }
        boolean complete = requestComplete;
        end(countedStatus, cause);
        client.ended(keepClient, complete);
    }

    /** The answer broke off. */
    void broken(int countedStatus, FailureCause cause) {
        noteResult(isOwn(cause));
        end(countedStatus, cause);
        client.abort();
    }

    private void end(int status, @Nullable FailureCause cause) {
        if (done) {
            return;
        }
        done = true;
        cancelTimers();
        letGo();
        body.release();
        flow.finish(status, cause);
    }

    private void cancelTimers() {
        cancelTimer(requestTimer);
        cancelTimer(attemptTimer);
        cancelTimer(backoffTimer);
    }

    private Forwarding plan() {
        if (forwarding == null) {
            throw new IllegalStateException("not planned yet");
        }
        return forwarding;
    }

    private HttpStream stream() {
        if (stream == null) {
            throw new IllegalStateException("no stream is open");
        }
        return stream;
    }

    private Upstream upstream() {
        if (upstream == null) {
            throw new IllegalStateException("no attempt runs");
        }
        return upstream;
    }
}
