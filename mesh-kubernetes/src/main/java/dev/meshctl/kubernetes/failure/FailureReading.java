package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import java.util.ArrayList;
import java.util.List;

/** Finds in a chain of exceptions the one that says most. */
final class FailureReading {
    // A chain that runs in a circle, or is absurdly long, ends here.
    private static final int MAX_DEPTH = 20;

    private FailureReading() {}

    static ApiFailure of(Throwable failure, String what) {
        List<Throwable> chain = chain(failure);
        for (Throwable link : chain) {
            if (link instanceof ApiException known) {
                ApiFailure told = known.failure();
                return new ApiFailure(told.cause(), what, told.why(), told.next(), told.denied(), told.owners(),
                        told.fields(), told.retryAfter());
            }
            if (link instanceof KubernetesClientException answered && answered.getCode() > 0) {
                return StatusReading.of(answered, what);
            }
            if (link instanceof WebSocketHandshakeException refused && refused.getResponse() != null) {
                return StatusReading.of(new KubernetesClientException("", refused.getResponse().code(), null), what);
            }
        }
        return TransportReading.of(chain, what);
    }

    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable link = failure; link != null && chain.size() < MAX_DEPTH; link = link.getCause()) {
            chain.add(link);
        }
        return chain;
    }
}
