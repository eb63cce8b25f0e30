package dev.meshctl.control.registry.federation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import java.util.Optional;

/** What a peer may say of itself: only its own cluster, and only identities of its own trust domain. */
final class ImportCheck {
    private ImportCheck() {}

    /** The reason to ignore the service; empty if it is fine. */
    static Optional<String> refuse(ExportedService service, String peer, TrustDomain trustDomain) {
        if (!DnsLabel.isValid(service.getName()) || !DnsLabel.isValid(service.getNamespace())) {
            return Optional.of("its name is not two RFC 1123 labels");
        }
        if (!service.getCluster().equals(peer)) {
            return Optional.of("it claims to be of cluster \"" + service.getCluster() + "\"");
        }
        for (ExportedVersion version : service.getVersionsList()) {
            if (!version.getVersion().isEmpty() && !DnsLabel.isValid(version.getVersion())) {
                return Optional.of("version \"" + version.getVersion() + "\" is not an RFC 1123 label");
            }
            for (String identity : version.getIdentitiesList()) {
                if (!isOf(identity, trustDomain)) {
                    return Optional.of("identity \"" + identity + "\" is not of trust domain " + trustDomain);
                }
            }
        }
        try {
            Service.parseFrom(service.getHttpRoutes());
            return Optional.empty();
        } catch (InvalidProtocolBufferException e) {
            return Optional.of("its routes cannot be read: " + e.getMessage());
        }
    }

    private static boolean isOf(String identity, TrustDomain trustDomain) {
        try {
            return SpiffeId.parse(identity).trustDomain().equals(trustDomain);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
