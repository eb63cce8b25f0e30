package dev.meshctl.cli.install.kubernetes.api;

import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Single requests, with the credentials and the retries of a client, which tries 429 and 5xx again after short pauses
 * of its own. What {@code Retry-After} asks for is waited for here, as long as the whole stays within the bound.
 */
final class Requests {
    /** Of one request with all of its retries. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int TOO_MANY_REQUESTS = 429;

    private final KubernetesClient client;
    private final Duration patience;

    Requests(KubernetesClient client, Duration patience) {
        this.client = client;
        this.patience = patience;
    }

    /**
     * Sends a request.
     *
     * @param path with its query, from the root of the API server
     * @param body empty: none
     * @param doing to be read after "cannot"
     */
    HttpResponse<String> send(String method, String path, String contentType, String body, String doing) {
        String root = client.getMasterUrl().toString().replaceAll("/+$", "");
        HttpRequest.Builder request = client.getHttpClient().newHttpRequestBuilder().uri(root + path)
                .header("Accept", "application/json")
                .timeout(client.getConfiguration().getRequestTimeout(), TimeUnit.MILLISECONDS);
        request.method(method, body.isEmpty() ? null : contentType, body.isEmpty() ? null : body);
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(deadline - System.nanoTime());
            HttpResponse<String> answer = await(client.getHttpClient().sendAsync(request.build(), String.class), left, doing);
            if (answer.isSuccessful()) {
                return answer;
            }
            Duration asked = retryAfter(answer);
            if (answer.code() != TOO_MANY_REQUESTS || asked.isZero() || asked.toNanos() > deadline - System.nanoTime()) {
                throw refused(answer, doing);
            }
            pause(asked, doing);
        }
    }

    /**
     * Reads a body that has no end of its own, until the server ends it or the caller is interrupted. Only for the first
     * word of the answer there is a limit.
     *
     * @param line told each line, one after the other, on any thread
     */
    void follow(String path, Consumer<String> line, String doing) {
        String root = client.getMasterUrl().toString().replaceAll("/+$", "");
        HttpRequest request = client.getHttpClient().newHttpRequestBuilder().uri(root + path).forStreaming().build();
        List<String> refusal = new ArrayList<>();
        AtomicBoolean accepted = new AtomicBoolean();
        Lines lines = new Lines(text -> {
            if (accepted.get()) {
                line.accept(text);
            } else {
                refusal.add(text);
            }
        });
        HttpResponse<AsyncBody> answer = await(client.getHttpClient().consumeBytes(request, lines), patience, doing);
        accepted.set(answer.isSuccessful());
        answer.body().consume();
        try {
            if (answer.isSuccessful()) {
                answer.body().done().get();
                lines.endOfBody();
                return;
            }
            answer.body().done().get(patience.toMillis(), TimeUnit.MILLISECONDS);
            lines.endOfBody();
            throw refused(answer.code(), String.join("\n", refusal), doing);
        } catch (InterruptedException e) {
            answer.body().cancel();
            Thread.currentThread().interrupt();
            throw failed(e, doing);
        } catch (ExecutionException | TimeoutException e) {
            answer.body().cancel();
            throw failed(e.getCause() == null ? e : e.getCause(), doing);
        }
    }

    // The other form of the header, a date, is not what API servers write.
    private static Duration retryAfter(HttpResponse<String> answer) {
        String seconds = answer.header("Retry-After");
        return seconds != null && seconds.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(seconds)) : Duration.ZERO;
    }

    private static void pause(Duration pause, String doing) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(e, doing);
        }
    }

    private <T> HttpResponse<T> await(CompletableFuture<HttpResponse<T>> answer, Duration atMost, String doing) {
        try {
            return answer.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause(), doing);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw failed(e, doing);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(e, doing);
        }
    }

    private static ApiException refused(HttpResponse<String> answer, String doing) {
        return refused(answer.code(), answer.body(), doing);
    }

    private static ApiException refused(int code, @Nullable String body, String doing) {
        Status status = status(body);
        String message = status == null || status.getMessage() == null ? String.valueOf(body) : status.getMessage();
        return failed(new KubernetesClientException(message, code, status), doing);
    }

    // A proxy in between answers in HTML.
    private static @Nullable Status status(@Nullable String body) {
        try {
            return body == null || !body.startsWith("{") ? null : Serialization.unmarshal(body, Status.class);
        } catch (RuntimeException e) {
            return null;
        }
    }

    private static ApiException failed(Throwable cause, String doing) {
        return new ApiException(ApiFailure.of(cause, doing), cause);
    }
}
