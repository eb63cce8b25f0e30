package dev.meshctl.control.federation;

import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/** Puts what the gateway says of a link into its resource. */
final class LinkStates {
    private LinkStates() {}

    static MeshLink merge(MeshLink link, Optional<LinkStatus> status, Optional<TrustBundle> bundle) {
        if (link.status().phase() == MeshLink.Phase.FAILED && !everJoined(status)) {
            return link.withStatus(MeshLink.Status.failed(link.status().reason(), bundle.map(SpiffeJson::digest).orElse("")));
        }
        return link.withStatus(new MeshLink.Status(
                phase(status.map(LinkStatus::getPhase).orElse("")),
                status.map(LinkStatus::getReason).orElse("the gateway has not reported yet"),
                status.map(LinkStatus::getLastSeenEpochMs).filter(ms -> ms > 0).map(Instant::ofEpochMilli),
                bundle.map(SpiffeJson::digest).orElse(""),
                status.map(LinkStatus::getPeerVersion).orElse("")));
    }

    private static boolean everJoined(Optional<LinkStatus> status) {
        MeshLink.Phase phase = phase(status.map(LinkStatus::getPhase).orElse(""));
        return phase == MeshLink.Phase.ACTIVE || phase == MeshLink.Phase.STALE;
    }

    private static MeshLink.Phase phase(String word) {
        return Arrays.stream(MeshLink.Phase.values())
                .filter(p -> p.name().equalsIgnoreCase(word))
                .findFirst()
                .orElse(MeshLink.Phase.PENDING);
    }
}
