package dev.meshctl.gateway.link;

import dev.meshctl.api.proto.control.JoinDecision;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.gateway.state.ControlPlaneAway;
import java.util.concurrent.CompletableFuture;

/** Who decides about a presented secret: the own control plane, which made the token. */
@FunctionalInterface
public interface JoinDesk {
    /** Asks. @throws ControlPlaneAway if nobody is there to decide; the secret was not presented */
    CompletableFuture<JoinDecision> decide(JoinRequest request) throws ControlPlaneAway;
}
