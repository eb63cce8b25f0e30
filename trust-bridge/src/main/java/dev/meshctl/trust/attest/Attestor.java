package dev.meshctl.trust.attest;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.trust.Refusal;
import java.io.IOException;

/** Decides whether a token gives an identity. One of these belongs to each platform. */
public sealed interface Attestor permits JoinTokens, ServiceAccountTokens {
    /**
     * Returns if the token gives the identity.
     *
     * @throws Refusal with a named cause if it does not, or if that cannot be found out now
     * @throws IOException if the decision cannot be stored; then the token gives nothing
     */
    void attest(String token, SpiffeId id) throws Refusal, IOException;
}
