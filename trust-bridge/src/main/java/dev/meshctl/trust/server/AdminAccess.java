package dev.meshctl.trust.server;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Set;

/** Who may call the admin API over the network: the admin; for bundles the control plane too. */
final class AdminAccess implements ServerInterceptor {
    private static final Set<String> FOR_CONTROL_PLANE = Set.of(
            TrustAdminGrpc.getPutBundleMethod().getFullMethodName(),
            TrustAdminGrpc.getRemoveBundleMethod().getFullMethodName());

    private final ServerInterceptor admin;
    private final ServerInterceptor adminOrControlPlane;

    AdminAccess(TrustDomain own) {
        SpiffeId adminId = SpiffeId.of(own, SystemIdentity.ADMIN);
        SpiffeId controlPlane = SpiffeId.of(own, SystemIdentity.CONTROL_PLANE);
        this.admin = MeshServer.require(adminId::equals);
        this.adminOrControlPlane = MeshServer.require(id -> id.equals(adminId) || id.equals(controlPlane));
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        ServerInterceptor rule = FOR_CONTROL_PLANE.contains(method) ? adminOrControlPlane : admin;
        return rule.interceptCall(call, headers, next);
    }
}
