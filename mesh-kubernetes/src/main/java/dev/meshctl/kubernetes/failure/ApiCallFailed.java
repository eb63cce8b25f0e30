package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.function.Supplier;

/** A call to an API server failed; the message says which, and why. */
public final class ApiCallFailed extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_DETAIL = 300;

    private final ApiFault fault;

    private ApiCallFailed(String what, ApiFault fault, KubernetesClientException cause) {
        super(what + ": " + fault.words() + detail(fault, cause), fault == ApiFault.REFUSED ? null : cause);
        this.fault = fault;
    }

    /**
     * Calls.
     *
     * @param what the verb and the object, as in {@code get Secret mesh-system/trust-bridge-ca}
     * @throws ApiCallFailed instead of the client's unchecked exception
     */
    public static <R> R call(String what, Supplier<R> call) throws ApiCallFailed {
        try {
            return call.get();
        } catch (KubernetesClientException e) {
            throw new ApiCallFailed(what, ApiFault.of(e), e);
        }
    }

    /** Why. */
    public ApiFault fault() {
        return fault;
    }

    // What the API server says of a request that it refuses may repeat the request, which may hold a secret.
    private static String detail(ApiFault fault, KubernetesClientException e) {
        Status status = e.getStatus();
        String said = status == null ? null : status.getMessage();
        if (fault == ApiFault.UNREACHABLE && said == null && e.getCause() != null) {
            said = e.getCause().getMessage() == null ? e.getCause().getClass().getSimpleName() : e.getCause().getMessage();
        }
        if (said == null || said.isBlank() || fault == ApiFault.REFUSED) {
            return e.getCode() > 0 ? " (status " + e.getCode() + ")" : "";
        }
        return " (" + (said.length() > MAX_DETAIL ? said.substring(0, MAX_DETAIL) + "…" : said) + ")";
    }
}
