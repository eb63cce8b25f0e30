package dev.meshctl.kubernetes.failure;

import java.util.Locale;

/** Why a call to an API server failed. Each is the label of a counter in daemons. */
public enum Cause {
    /** The kubeconfig has no context of that name, or names no current one. */
    NO_CONTEXT,
    /** The kubeconfig cannot be read, or does not fit together. */
    BAD_KUBECONFIG,
    /** The credential plugin of the kubeconfig is missing or failed. */
    CREDENTIAL_PLUGIN,
    /** 401: no credentials, or expired ones. */
    UNAUTHENTICATED,
    /** 403: RBAC does not allow it. */
    FORBIDDEN,
    /** An admission webhook or a built-in check of the API server (pod security, a quota) refused the object. */
    REFUSED_BY_POLICY,
    /** An admission webhook that must be asked does not answer. */
    WEBHOOK_DOWN,
    /** 404: the object does not exist. */
    NOT_FOUND,
    /** 404: the API server does not know the kind: its CRD is not installed or is too old. */
    KIND_UNKNOWN,
    /** 409: an object of the name exists. */
    EXISTS,
    /** 409: other field managers own fields that a server-side apply sets. */
    OWNED_BY_OTHERS,
    /** 409: the object was changed since it was read. */
    STALE,
    /** 422: a field that cannot be changed would be. */
    IMMUTABLE,
    /** 422 or 400: the object breaks its schema. */
    INVALID,
    /** The namespace is being deleted and takes nothing new. */
    NAMESPACE_TERMINATING,
    /** 410: the version asked for is no longer kept; list again. */
    GONE,
    /** 429: too many requests. */
    THROTTLED,
    /** 5xx. */
    SERVER_ERROR,
    /** No connection: refused, no route, unknown host. */
    UNREACHABLE,
    /** No answer in time. */
    TIMEOUT,
    /** The connection is there, but TLS fails: an unknown CA, a wrong name, an expired certificate. */
    TLS,
    /** The calling thread was interrupted. */
    INTERRUPTED,
    /** Whatever is not one of the others. */
    OTHER;

    /** Whether the same call may work later without anybody's help. */
    public boolean passing() {
        return switch (this) {
            case THROTTLED, SERVER_ERROR, UNREACHABLE, TIMEOUT, STALE, WEBHOOK_DOWN, GONE -> true;
            default -> false;
        };
    }

    /** As in a metric label. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
