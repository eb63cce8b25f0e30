package dev.meshctl.gateway.link;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.proto.control.JoinDecision;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.proto.peering.JoinLinkRequest;
import dev.meshctl.api.proto.peering.JoinLinkResponse;
import dev.meshctl.api.proto.peering.LinkHandshakeGrpc;
import dev.meshctl.gateway.state.ControlPlaneAway;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The side of a link that made the token: takes what a stranger presents, checks its form, limits its tries,
 * and lets the own control plane decide. Nothing is remembered here.
 */
public final class JoinService extends LinkHandshakeGrpc.LinkHandshakeImplBase {
    /** How long the control plane may take to decide. */
    public static final Duration DECISION_TIMEOUT = Duration.ofSeconds(10);
    /** Of a request, in bytes; a bundle is most of it. */
    public static final int MAX_REQUEST_BYTES = 1024 * 1024;

    private static final Context.Key<String> SOURCE = Context.key("source");
    private static final int MAX_ADDRESSES = 16;
    private static final int MAX_SECRET = 256;

    private final String cluster;
    private final JoinDesk desk;
    private final SourceLimiter limiter;
    private final Counters counters;
    private final Duration decisionTimeout;

    public JoinService(String cluster, JoinDesk desk, InstantSource clock, Duration decisionTimeout,
            Counters counters) {
        this.cluster = cluster;
        this.desk = desk;
        this.limiter = new SourceLimiter(clock);
        this.decisionTimeout = decisionTimeout;
        this.counters = counters;
    }

    /** Tells {@link #join} where a caller comes from: the relay puts its IP before a "#" in the local address. */
    public static ServerInterceptor sources() {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
                String text = String.valueOf(remote);
                int end = text.indexOf('#');
                return Contexts.interceptCall(
                        Context.current().withValue(SOURCE, end < 0 ? text : text.substring(0, end)),
                        call, headers, next);
            }
        };
    }

    @Override
    public void join(JoinLinkRequest request, StreamObserver<JoinLinkResponse> response) {
        @Nullable String source = SOURCE.get();
        Status refusal = !limiter.tryAcquire(source == null ? "" : source)
                ? Status.RESOURCE_EXHAUSTED.withDescription("too many tries from here; wait a few seconds")
                : check(request);
        if (!refusal.isOk()) {
            counters.increment("join_" + refusal.getCode().name().toLowerCase(Locale.ROOT));
            response.onError(refusal.asRuntimeException());
            return;
        }
        try {
            desk.decide(toRequest(request)).orTimeout(decisionTimeout.toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((decision, failure) -> answer(decision, failure, response));
        } catch (ControlPlaneAway e) {
            unavailable(response, e.getMessage() + "; the token is still good");
        }
    }

    private static JoinRequest toRequest(JoinLinkRequest request) {
        return JoinRequest.newBuilder().setId(UUID.randomUUID().toString()).setSecret(request.getSecret())
                .setCluster(request.getCluster()).setTrustDomain(request.getTrustDomain())
                .setBundle(request.getBundle()).addAllAddresses(request.getAddressesList()).build();
    }

    private Status check(JoinLinkRequest request) {
        try {
            DnsLabel.require(request.getCluster(), "cluster name");
            if (request.getCluster().equals(cluster)) {
                return Status.INVALID_ARGUMENT.withDescription("a cluster named " + cluster
                        + " cannot be linked with this one of the same name");
            }
            if (request.getSecret().isEmpty() || request.getSecret().length() > MAX_SECRET) {
                return Status.INVALID_ARGUMENT.withDescription("the secret is empty or too long");
            }
            if (SpiffeJson.read(new TrustDomain(request.getTrustDomain()), request.getBundle().toByteArray())
                    .authorities().isEmpty()) {
                return Status.INVALID_ARGUMENT.withDescription("the bundle has no authorities");
            }
            if (request.getAddressesCount() > MAX_ADDRESSES) {
                return Status.INVALID_ARGUMENT.withDescription("more than " + MAX_ADDRESSES + " addresses");
            }
            request.getAddressesList().forEach(HostPort::parse);
            return Status.OK;
        } catch (IllegalArgumentException e) {
            return Status.INVALID_ARGUMENT.withDescription(e.getMessage());
        }
    }

    private void answer(@Nullable JoinDecision decision, @Nullable Throwable failure,
            StreamObserver<JoinLinkResponse> response) {
        if (decision == null) {
            unavailable(response, failure instanceof TimeoutException
                    ? "it did not decide within " + decisionTimeout.toSeconds() + " s"
                    : String.valueOf(failure == null ? "" : failure.getMessage()));
        } else if (decision.getAccepted()) {
            counters.increment("join_accepted");
            response.onNext(JoinLinkResponse.newBuilder().setCluster(decision.getCluster())
                    .setTrustDomain(decision.getTrustDomain()).setBundle(decision.getBundle()).build());
            response.onCompleted();
        } else if (decision.getTryAgain()) {
            unavailable(response, decision.getReason());
        } else {
            counters.increment("join_refused");
            response.onError(Status.PERMISSION_DENIED.withDescription(decision.getReason()).asRuntimeException());
        }
    }

    private void unavailable(StreamObserver<JoinLinkResponse> response, String why) {
        counters.increment("join_control_plane_away");
        response.onError(Status.UNAVAILABLE.withDescription("the control plane of " + cluster
                + " cannot decide about the token now: " + why).asRuntimeException());
    }
}
