package dev.meshctl.gateway.daemon;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.proto.trust.AttestRequest;
import dev.meshctl.api.proto.trust.BundleSet;
import dev.meshctl.api.proto.trust.RenewRequest;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.api.proto.trust.TrustBridgeGrpc;
import dev.meshctl.api.proto.trust.TrustDomainBundle;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** A trust bridge that signs SVIDs of one hour for the gateway, and remembers how it was asked. */
final class FakeTrustBridge extends TrustBridgeGrpc.TrustBridgeImplBase implements AutoCloseable {
    private static final Duration LIFE = Duration.ofHours(1);
    private static final Context.Key<BigInteger> SHOWN = Context.key("serial");

    /** The tokens by which it was asked for a first SVID. */
    final List<String> tokens = new CopyOnWriteArrayList<>();
    /** The serial numbers of the SVIDs that were shown to get the next. */
    final List<BigInteger> renewedWith = new CopyOnWriteArrayList<>();
    /** The serial numbers of all SVIDs that were given out, in their order. */
    final List<BigInteger> issued = new CopyOnWriteArrayList<>();
    private final TestAuthority authority;
    private final SpiffeId gateway;
    private final Runnable onRenewal;
    private final Server server;

    /** @param onRenewal called before each answer to a renewal */
    FakeTrustBridge(TestAuthority authority, Runnable onRenewal) throws IOException {
        this.authority = authority;
        this.onRenewal = onRenewal;
        this.gateway = SpiffeId.of(authority.trustDomain(), SystemIdentity.FEDERATION_GATEWAY);
        SpiffeId own = SpiffeId.of(authority.trustDomain(), SystemIdentity.TRUST_BRIDGE);
        this.server = MeshServer.builder(new InetSocketAddress("127.0.0.1", 0),
                        TestAuthority.fixed(authority.issue(own, LIFE)), authority::bundles, ClientAuth.OPTIONAL)
                .addService(this).intercept(new ShownSerial()).build().start();
    }

    HostPort address() {
        return new HostPort("127.0.0.1", server.getPort());
    }

    @Override
    public void attest(AttestRequest request, StreamObserver<SvidResponse> answer) {
        tokens.add(request.getJoinToken());
        sign(request.getCsr(), answer);
    }

    @Override
    public void renew(RenewRequest request, StreamObserver<SvidResponse> answer) {
        BigInteger shown = SHOWN.get();
        if (shown == null) {
            answer.onError(Status.UNAUTHENTICATED.asRuntimeException());
            return;
        }
        onRenewal.run();
        renewedWith.add(shown);
        sign(request.getCsr(), answer);
    }

    private void sign(ByteString csr, StreamObserver<SvidResponse> answer) {
        try {
            X509Certificate leaf = authority.certify(gateway,
                    new JcaPKCS10CertificationRequest(csr.toByteArray()).getPublicKey(), LIFE);
            issued.add(leaf.getSerialNumber());
            answer.onNext(SvidResponse.newBuilder().addChain(ByteString.copyFrom(leaf.getEncoded()))
                    .setBundles(BundleSet.newBuilder().setVersion(1).addBundles(TrustDomainBundle.newBuilder()
                            .setTrustDomain(authority.trustDomain().name())
                            .setSpiffeJson(ByteString.copyFrom(SpiffeJson.write(authority.bundle())))))
                    .build());
            answer.onCompleted();
        } catch (IOException | GeneralSecurityException e) {
            answer.onError(Status.INVALID_ARGUMENT.withCause(e).asRuntimeException());
        }
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow().awaitTermination();
    }

    /** Which certificate the caller has shown, if any. */
    private static final class ShownSerial implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
            try {
                return session != null && session.getPeerCertificates()[0] instanceof X509Certificate leaf
                        ? Contexts.interceptCall(Context.current().withValue(SHOWN, leaf.getSerialNumber()), call, headers, next)
                        : next.startCall(call, headers);
            } catch (SSLPeerUnverifiedException e) {
                return next.startCall(call, headers); // who has no SVID yet
            }
        }
    }
}
