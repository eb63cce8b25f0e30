package dev.meshctl.control.admin;

import dev.meshctl.api.proto.admin.AcceptLinkRequest;
import dev.meshctl.api.proto.admin.AcceptLinkResponse;
import dev.meshctl.api.proto.admin.CreateLinkTokenRequest;
import dev.meshctl.api.proto.admin.CreateLinkTokenResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.ListLinksResponse;
import dev.meshctl.api.proto.admin.RemoveLinkRequest;
import dev.meshctl.api.proto.admin.RemoveLinkResponse;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.control.federation.GatewayAddresses;
import dev.meshctl.control.federation.GatewaySessions;
import dev.meshctl.control.federation.LinkException;
import dev.meshctl.control.federation.LinkToken;
import dev.meshctl.control.federation.Links;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** Links: made, listed and ended. */
final class LinkCalls {
    private final Links links;
    private final GatewaySessions gateways;
    private final GatewayAddresses addresses;
    private final ImportRegistry imports;
    private final Supplier<Optional<TrustBundle>> ownBundle;
    private final IntSupplier exports;

    LinkCalls(
            Links links,
            GatewaySessions gateways,
            GatewayAddresses addresses,
            ImportRegistry imports,
            Supplier<Optional<TrustBundle>> ownBundle,
            IntSupplier exports) {
        this.links = links;
        this.gateways = gateways;
        this.addresses = addresses;
        this.imports = imports;
        this.ownBundle = ownBundle;
        this.exports = exports;
    }

    CreateLinkTokenResponse create(CreateLinkTokenRequest request, String peer) throws LinkException, IOException, Refused {
        TrustBundle bundle = ownBundle.get().orElseThrow(
                () -> Refused.precondition("the bundle of this mesh is not known yet; check the trust bridge with `meshctl status`"));
        LinkToken token = links.createToken(
                Duration.ofSeconds(Integer.toUnsignedLong(request.getTtlSeconds())),
                request.getForCluster(), new Links.Gateways(addresses.all(), addresses.problem()), bundle, peer);
        return CreateLinkTokenResponse.newBuilder()
                .setToken(token.encode())
                .setExpiresEpochSeconds(token.expires().getEpochSecond())
                .build();
    }

    AcceptLinkResponse accept(AcceptLinkRequest request, String peer) throws LinkException, IOException {
        LinkToken token = links.accept(request.getToken(), request.getDryRun(), peer);
        return AcceptLinkResponse.newBuilder()
                .setPeer(token.cluster())
                .setTrustDomain(token.trustDomain().name())
                .addAllAddresses(token.addresses().stream().map(HostPort::toString).toList())
                .build();
    }

    ListLinksResponse list() {
        return ListLinksResponse.newBuilder().addAllLinks(gateways.links().stream().map(this::view).toList()).build();
    }

    private LinkView view(MeshLink link) {
        MeshLink.Status status = link.status();
        String phase = status.phase().name();
        LinkView.Builder view = LinkView.newBuilder()
                .setPeer(link.peer())
                .setTrustDomain(link.spec().trustDomain())
                .addAllAddresses(link.spec().addresses())
                .setPhase(phase.charAt(0) + phase.substring(1).toLowerCase(Locale.ROOT))
                .setReason(gateways.connected() ? status.reason() : "the own gateway is not connected")
                .setLastSeenEpochMs(status.lastSeen().map(Instant::toEpochMilli).orElse(0L))
                .setImportedServices(imports.from(link.peer()).size())
                .setExportedServices(exports.getAsInt())
                .setBundleDigestSha256(status.bundleDigest())
                .setPeerVersion(status.peerVersion());
        Optional<LinkStatus> reported = gateways.status(link.peer());
        reported.ifPresent(r -> view.setRttMs(r.getRttMs()).setReconnects(r.getReconnects())
                .setPeerProtocolLevel(r.getPeerProtocolLevel()));
        return view.build();
    }

    RemoveLinkResponse remove(RemoveLinkRequest request, String peer) throws LinkException, IOException {
        links.remove(request.getPeer(), peer);
        return RemoveLinkResponse.getDefaultInstance();
    }
}
