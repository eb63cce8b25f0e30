package dev.meshctl.proxy.outbound;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Locale;
import java.util.Optional;

/** Finds out whom a request is for, and turns it into origin form. */
final class RequestTarget {
    private RequestTarget() {}

    /** The outcome: an authority, or why there is none. */
    sealed interface Target {
        record Of(Authority authority) implements Target {}

        record Invalid(String why) implements Target {}
    }

    /** Changes an absolute-form request to origin form, with the host header that RFC 9112, 3.2.2 asks for. */
    static Target read(HttpRequest request) {
        String uri = request.uri();
        int scheme = uri.indexOf("://");
        boolean absolute = !uri.startsWith("/") && scheme > 0;
        if (absolute) {
            if (!uri.substring(0, scheme).toLowerCase(Locale.ROOT).equals("http")) {
                return new Target.Invalid("only http:// can be proxied so; use CONNECT for the rest");
            }
            int path = pathStart(uri, scheme + 3);
            String authority = uri.substring(scheme + 3, path);
            String rest = uri.substring(path);
            request.setUri(rest.isEmpty() ? "/" : rest.startsWith("/") ? rest : "/" + rest);
            request.headers().set(HttpHeaderNames.HOST, authority);
            return target(authority);
        }
        if (!uri.startsWith("/") && !uri.equals("*")) {
            return new Target.Invalid("the request target is neither a path nor a URL");
        }
        String host = request.headers().get(HttpHeaderNames.HOST);
        return host == null ? new Target.Invalid("no host header") : target(host);
    }

    private static int pathStart(String uri, int from) {
        for (int i = from; i < uri.length(); i++) {
            if (uri.charAt(i) == '/' || uri.charAt(i) == '?') {
                return i;
            }
        }
        return uri.length();
    }

    private static Target target(String text) {
        Optional<Authority> authority = Authority.parse(text);
        return authority.isPresent() ? new Target.Of(authority.get()) : new Target.Invalid("\"" + text + "\" is no host");
    }
}
