package dev.meshctl.trust.server;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.CreateJoinTokenRequest;
import dev.meshctl.api.proto.trust.CreateJoinTokenResponse;
import dev.meshctl.api.proto.trust.PutBundleRequest;
import dev.meshctl.api.proto.trust.PutBundleResponse;
import dev.meshctl.api.proto.trust.RemoveBundleRequest;
import dev.meshctl.api.proto.trust.RemoveBundleResponse;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import dev.meshctl.trust.attest.Attestor;
import dev.meshctl.trust.attest.JoinTokens;
import dev.meshctl.trust.attest.ServiceAccountTokens;
import dev.meshctl.trust.bundle.BundleKeeper;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Supplier;

/** The admin API. Who may call it is decided before a call gets here. */
final class AdminService extends TrustAdminGrpc.TrustAdminImplBase {
    private static final Logger LOG = System.getLogger(AdminService.class.getName());

    private final TrustDomain own;
    private final Attestor attestor;
    private final BundleKeeper bundles;
    private final Supplier<TrustStatus> status;
    private final Answers answers;

    AdminService(
            TrustDomain own, Attestor attestor, BundleKeeper bundles, Supplier<TrustStatus> status, Answers answers) {
        this.own = own;
        this.attestor = attestor;
        this.bundles = bundles;
        this.status = status;
        this.answers = answers;
    }

    @Override
    public void createJoinToken(
            CreateJoinTokenRequest request, StreamObserver<CreateJoinTokenResponse> observer) {
        answers.answer(observer, () -> {
            SpiffeId id = grantable(request.getSpiffeId());
            Duration ttl = Duration.ofSeconds(Integer.toUnsignedLong(request.getTtlSeconds()));
            JoinTokens.Created created = joinTokens().create(id, ttl);
            LOG.log(Level.INFO, "join token for {0} until {1}", id, created.expires());
            return CreateJoinTokenResponse.newBuilder()
                    .setToken(created.token())
                    .setExpiresEpochSeconds(created.expires().getEpochSecond())
                    .build();
        });
    }

    @Override
    public void putBundle(PutBundleRequest request, StreamObserver<PutBundleResponse> observer) {
        answers.answer(observer, () -> {
            boolean changed = bundles.put(BundleMessages.bundle(request.getBundle()));
            LOG.log(Level.INFO, "bundle of {0} put, changed: {1}", request.getBundle().getTrustDomain(), changed);
            return PutBundleResponse.newBuilder().setChanged(changed).build();
        });
    }

    @Override
    public void removeBundle(RemoveBundleRequest request, StreamObserver<RemoveBundleResponse> observer) {
        answers.answer(observer, () -> {
            boolean removed = bundles.remove(BundleMessages.trustDomain(request.getTrustDomain()));
            LOG.log(Level.INFO, "bundle of {0} removed: {1}", request.getTrustDomain(), removed);
            return RemoveBundleResponse.newBuilder().setRemoved(removed).build();
        });
    }

    @Override
    public void status(TrustStatusRequest request, StreamObserver<TrustStatus> observer) {
        answers.answer(observer, status::get);
    }

    private JoinTokens joinTokens() throws Refusal {
        return switch (attestor) {
            case JoinTokens tokens -> tokens;
            case ServiceAccountTokens accounts -> throw new Refusal(Kind.NOT_NOW, "no_join_tokens",
                    "this mesh knows its workloads by the service account tokens of their cluster, not by join tokens; "
                            + "run the workload as a pod with a proxy");
        };
    }

    private SpiffeId grantable(String text) throws Refusal {
        SpiffeId id;
        try {
            id = SpiffeId.parse(text);
        } catch (IllegalArgumentException e) {
            throw new Refusal(Kind.INVALID, "spiffe_id_malformed", String.valueOf(e.getMessage()));
        }
        if (!id.trustDomain().equals(own)) {
            throw new Refusal(Kind.INVALID, "foreign_trust_domain",
                    id + " is not of " + own + "; ask the trust bridge of its own mesh");
        }
        if (id.is(SystemIdentity.TRUST_BRIDGE)) {
            throw new Refusal(Kind.DENIED, "identity_reserved", id + " is the trust bridge's own identity");
        }
        return id;
    }
}
