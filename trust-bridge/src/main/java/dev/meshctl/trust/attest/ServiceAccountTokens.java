package dev.meshctl.trust.attest;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import dev.meshctl.trust.attest.TokenReviews.Review;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes service account tokens for the audience of trust bridges. A token gives the identity of its account,
 * {@code spiffe://<trust domain>/ns/<namespace>/sa/<account>}; accounts of the mesh's own namespace give the
 * identities of the mesh's own parts. A token must be bound to a pod, so that it ends with the pod; only the
 * administrator's, which the CLI asks for, need not be.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/">Managing Service
 *     Accounts, bound tokens</a>
 */
public final class ServiceAccountTokens implements Attestor {
    /** The account whose tokens give the identity of an administrator. */
    public static final String ADMIN_ACCOUNT = "meshctl-admin";

    private static final int MAX_CHARS = 16 * 1024;
    /** JWS compact serialisation, RFC 7515. */
    private static final Pattern JWT = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
    private static final Pattern USER = Pattern.compile("system:serviceaccount:([a-z0-9-]{1,63}):([a-z0-9.-]{1,253})");
    private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
    private static final String POD_UID = "authentication.kubernetes.io/pod-uid";
    private static final Map<String, SystemIdentity> PARTS = Map.of(
            SystemIdentity.TRUST_BRIDGE.serviceAccount(), SystemIdentity.TRUST_BRIDGE,
            SystemIdentity.CONTROL_PLANE.serviceAccount(), SystemIdentity.CONTROL_PLANE,
            SystemIdentity.FEDERATION_GATEWAY.serviceAccount(), SystemIdentity.FEDERATION_GATEWAY,
            ADMIN_ACCOUNT, SystemIdentity.ADMIN);

    private final TrustDomain own;
    private final String meshNamespace;
    private final String audience;
    private final TokenReviews reviews;

    /** @param meshNamespace where the mesh's own parts run */
    public ServiceAccountTokens(TrustDomain own, String meshNamespace, String audience, TokenReviews reviews) {
        this.own = own;
        this.meshNamespace = meshNamespace;
        this.audience = audience;
        this.reviews = reviews;
    }

    @Override
    public void attest(String token, SpiffeId id) throws Refusal {
        if (token.length() > MAX_CHARS || !JWT.matcher(token).matches()) {
            throw new Refusal(Kind.INVALID, "token_malformed", "this is not a service account token");
        }
        SpiffeId given = identityOf(reviews.review(token, audience));
        if (!given.equals(id)) {
            throw denied("token_for_other_identity", "the token gives " + given + ", not " + id);
        }
    }

    private SpiffeId identityOf(Review review) throws Refusal {
        if (!review.authenticated()) {
            throw denied("token_not_authenticated", "the cluster does not accept the token"
                    + (review.error().isEmpty() ? "" : " (" + review.error() + ")")
                    + "; it has expired, its pod or account is gone, or it is of another cluster or audience");
        }
        // An API server that knows no audiences answers with none.
        if (!review.audiences().contains(audience)) {
            throw denied("token_for_other_audience", "the token is not for the audience " + audience);
        }
        Matcher user = USER.matcher(review.user());
        if (!user.matches()) {
            throw denied("token_of_no_service_account", "the token is of \"" + review.user() + "\", no service account");
        }
        return identityOf(user.group(1), user.group(2), review);
    }

    private SpiffeId identityOf(String namespace, String account, Review review) throws Refusal {
        boolean ofTheMesh = namespace.equals(meshNamespace);
        if (!(ofTheMesh && account.equals(ADMIN_ACCOUNT)) && !isBoundToPod(review)) {
            throw denied("token_without_pod", "the token of " + namespace + "/" + account
                    + " is not bound to a pod; mount a projected token into the pod instead");
        }
        SystemIdentity part = ofTheMesh ? PARTS.get(account) : null;
        if (part != null) {
            return SpiffeId.of(own, part);
        }
        if (namespace.equals(SpiffeId.SYSTEM_NAMESPACE)) {
            throw denied("namespace_reserved", "identities in namespace " + SpiffeId.SYSTEM_NAMESPACE
                    + " are those of the mesh's own parts, which run in " + meshNamespace
                    + "; run " + account + " in another namespace");
        }
        return new SpiffeId(own, namespace, account);
    }

    private static boolean isBoundToPod(Review review) {
        return isOne(review.extra().get(POD_NAME)) && isOne(review.extra().get(POD_UID));
    }

    private static boolean isOne(@Nullable List<String> values) {
        return values != null && values.size() == 1 && !values.getFirst().isBlank();
    }

    private static Refusal denied(String cause, String message) {
        return new Refusal(Kind.DENIED, cause, message);
    }
}
