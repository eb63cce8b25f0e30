package dev.meshctl.kubernetes.client;

import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.InetAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** HTTP of the JDK, whose web sockets that carry watches are looked after by a {@link LiveWatch}. */
final class WatchedHttp extends JdkHttpClientFactory {
    private final Duration silence;
    private final Consumer<String> faults;

    /**
     * @param silence of a watch, after which it is broken
     * @param faults told of each fault of a watch by the name of its cause
     */
    WatchedHttp(Duration silence, Consumer<String> faults) {
        this.silence = silence;
        this.faults = faults;
    }

    @Override
    protected HttpClient.Builder createNewHttpClientBuilder() {
        return new Builder(super.createNewHttpClientBuilder());
    }

    private final class Builder implements HttpClient.Builder {
        private final HttpClient.Builder inner;

        Builder(HttpClient.Builder inner) {
            this.inner = inner;
        }

        @Override
        public HttpClient.Builder cookieHandler(CookieHandler cookies) {
            inner.cookieHandler(cookies);
            return this;
        }

        @Override
        public HttpClient.Builder connectTimeout(Duration duration) {
            inner.connectTimeout(duration);
            return this;
        }

        @Override
        public HttpClient.Builder sslContext(SSLContext context) {
            inner.sslContext(context);
            return this;
        }

        @Override
        public HttpClient.Builder sslParameters(SSLParameters parameters) {
            inner.sslParameters(parameters);
            return this;
        }

        @Override
        public HttpClient.Builder executor(Executor executor) {
            inner.executor(executor);
            return this;
        }

        @Override
        public HttpClient.Builder followRedirects(HttpClient.Redirect policy) {
            inner.followRedirects(policy);
            return this;
        }

        @Override
        public HttpClient.Builder version(HttpClient.Version version) {
            inner.version(version);
            return this;
        }

        @Override
        public HttpClient.Builder priority(int priority) {
            inner.priority(priority);
            return this;
        }

        @Override
        public HttpClient.Builder proxy(ProxySelector selector) {
            inner.proxy(selector);
            return this;
        }

        @Override
        public HttpClient.Builder authenticator(Authenticator authenticator) {
            inner.authenticator(authenticator);
            return this;
        }

        @Override
        public HttpClient.Builder localAddress(InetAddress address) {
            inner.localAddress(address);
            return this;
        }

        @Override
        public HttpClient build() {
            return new Client(inner.build());
        }
    }

    private final class Client extends HttpClient {
        private final HttpClient inner;

        Client(HttpClient inner) {
            this.inner = inner;
        }

        @Override
        public WebSocket.Builder newWebSocketBuilder() {
            return new Sockets(inner.newWebSocketBuilder());
        }

        @Override
        public Optional<CookieHandler> cookieHandler() {
            return inner.cookieHandler();
        }

        @Override
        public Optional<Duration> connectTimeout() {
            return inner.connectTimeout();
        }

        @Override
        public Redirect followRedirects() {
            return inner.followRedirects();
        }

        @Override
        public Optional<ProxySelector> proxy() {
            return inner.proxy();
        }

        @Override
        public SSLContext sslContext() {
            return inner.sslContext();
        }

        @Override
        public SSLParameters sslParameters() {
            return inner.sslParameters();
        }

        @Override
        public Optional<Authenticator> authenticator() {
            return inner.authenticator();
        }

        @Override
        public Version version() {
            return inner.version();
        }

        @Override
        public Optional<Executor> executor() {
            return inner.executor();
        }

        @Override
        public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body)
                throws java.io.IOException, InterruptedException {
            return inner.send(request, body);
        }

        @Override
        public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, HttpResponse.BodyHandler<T> body) {
            return inner.sendAsync(request, body);
        }

        @Override
        public <T> CompletableFuture<HttpResponse<T>> sendAsync(
                HttpRequest request, HttpResponse.BodyHandler<T> body, HttpResponse.PushPromiseHandler<T> push) {
            return inner.sendAsync(request, body, push);
        }

        @Override
        public void shutdown() {
            inner.shutdown();
        }

        @Override
        public boolean awaitTermination(Duration duration) throws InterruptedException {
            return inner.awaitTermination(duration);
        }

        @Override
        public boolean isTerminated() {
            return inner.isTerminated();
        }

        @Override
        public void shutdownNow() {
            inner.shutdownNow();
        }

        @Override
        public void close() {
            inner.close();
        }
    }

    private final class Sockets implements WebSocket.Builder {
        private final WebSocket.Builder inner;

        Sockets(WebSocket.Builder inner) {
            this.inner = inner;
        }

        @Override
        public WebSocket.Builder header(String name, String value) {
            inner.header(name, value);
            return this;
        }

        @Override
        public WebSocket.Builder connectTimeout(Duration timeout) {
            inner.connectTimeout(timeout);
            return this;
        }

        @Override
        public WebSocket.Builder subprotocols(String mostPreferred, String... lesserPreferred) {
            inner.subprotocols(mostPreferred, lesserPreferred);
            return this;
        }

        /** Only watches: what else is upgraded, as a port-forward, may be silent for as long as it likes. */
        @Override
        public CompletableFuture<WebSocket> buildAsync(URI uri, WebSocket.Listener listener) {
            String query = uri.getQuery() == null ? "" : uri.getQuery();
            return inner.buildAsync(uri, ("&" + query + "&").contains("&watch=true&")
                    ? new LiveWatch(listener, silence, faults) : listener);
        }
    }
}
