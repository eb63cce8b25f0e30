package dev.meshctl.trust.server;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.AttestRequest;
import dev.meshctl.api.proto.trust.BundleSet;
import dev.meshctl.api.proto.trust.RenewRequest;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.api.proto.trust.TrustBridgeGrpc;
import dev.meshctl.api.proto.trust.WatchBundlesRequest;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import dev.meshctl.trust.attest.Attestor;
import dev.meshctl.trust.attest.FailureLimit;
import dev.meshctl.trust.authority.RequestCheck;
import dev.meshctl.trust.bundle.BundleKeeper;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.security.GeneralSecurityException;

/** The signing API: first SVIDs by token, further ones by the current SVID, bundles by SVID. */
final class SigningService extends TrustBridgeGrpc.TrustBridgeImplBase {
    private static final int MAX_WATCHERS = 10_000;

    private final TrustDomain own;
    private final Attestor attestor;
    private final Issuance issuance;
    private final BundleKeeper bundles;
    private final FailureLimit failures;
    private final Answers answers;

    SigningService(
            TrustDomain own, Attestor attestor, Issuance issuance, BundleKeeper bundles, FailureLimit failures,
            Answers answers) {
        this.own = own;
        this.attestor = attestor;
        this.issuance = issuance;
        this.bundles = bundles;
        this.failures = failures;
        this.answers = answers;
    }

    @Override
    public void attest(AttestRequest request, StreamObserver<SvidResponse> observer) {
        answers.answer(observer, () -> attest(request, CallSource.current()));
    }

    @Override
    public void renew(RenewRequest request, StreamObserver<SvidResponse> observer) {
        answers.answer(observer, () -> {
            SpiffeId peer = requirePeer();
            RequestCheck.Checked checked = RequestCheck.check(request.getCsr().toByteArray());
            if (!checked.id().equals(peer)) {
                throw new Refusal(Kind.DENIED, "renewal_for_other_identity",
                        peer + " may not renew as " + checked.id());
            }
            return issuance.issue(checked);
        });
    }

    @Override
    public void watchBundles(WatchBundlesRequest request, StreamObserver<BundleSet> observer) {
        try {
            requirePeer();
        } catch (Refusal e) {
            answers.answer(observer, () -> {
                throw e;
            });
            return;
        }
        if (bundles.subscribers() >= MAX_WATCHERS) {
            observer.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription("there are " + MAX_WATCHERS + " watchers of bundles already")
                    .asRuntimeException());
            return;
        }
        BundleStream.open(bundles, (ServerCallStreamObserver<BundleSet>) observer);
    }

    private SvidResponse attest(AttestRequest request, String source)
            throws Refusal, IOException, GeneralSecurityException {
        if (!failures.allows(source)) {
            throw new Refusal(Kind.TOO_MANY, "rate_limited",
                    "too many failed attestations from " + source + "; wait a few seconds");
        }
        try {
            RequestCheck.Checked checked = RequestCheck.check(request.getCsr().toByteArray());
            attestor.attest(request.getJoinToken(), checked.id());
            return issuance.issue(checked);
        } catch (Refusal e) {
            // Whom the trust bridge cannot serve now has done nothing wrong.
            if (e.kind() != Kind.AWAY && e.kind() != Kind.TOO_MANY) {
                failures.failed(source);
            }
            throw e;
        }
    }

    private SpiffeId requirePeer() throws Refusal {
        SpiffeId peer = MeshServer.PEER.get();
        if (peer == null) {
            throw new Refusal(Kind.DENIED, "no_client_certificate",
                    "this call needs a client certificate of " + own + "; attest with a token first");
        }
        if (!peer.trustDomain().equals(own)) {
            throw new Refusal(Kind.DENIED, "foreign_trust_domain", peer + " is not of " + own);
        }
        return peer;
    }
}
