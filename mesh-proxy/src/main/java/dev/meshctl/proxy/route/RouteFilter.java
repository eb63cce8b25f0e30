package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Redirect;
import dev.meshctl.api.proto.config.Rewrite;
import java.util.Set;

/** What a route does to the target of a request. */
public sealed interface RouteFilter {
    /** Nothing. */
    record None() implements RouteFilter {}

    /**
     * Answers the request with another place. Empty fields and port 0 keep what the request had.
     *
     * @param statusCode 301, 302, 303, 307 or 308
     */
    record RedirectTo(String scheme, String hostname, int port, String pathFull, String pathPrefix, int statusCode)
            implements RouteFilter {

        /** The value of the location header. */
        public String location(String requestHost, RouteRequest request, String matchedPrefix) {
            String toScheme = scheme.isEmpty() ? "http" : scheme;
            String toHost = hostname.isEmpty() ? requestHost : hostname;
            int toPort = port != 0 ? port : scheme.isEmpty() ? request.port() : 0;
            boolean standard = toPort == 0 || (toScheme.equals("http") && toPort == 80)
                    || (toScheme.equals("https") && toPort == 443);
            String path = newPath(request.path(), matchedPrefix, pathFull, pathPrefix);
            return toScheme + "://" + toHost + (standard ? "" : ":" + toPort) + path
                    + (request.query().isEmpty() ? "" : "?" + request.query());
        }
    }

    /** Sends the request on with another host or path; empty fields keep what it had. */
    record RewriteTo(String hostname, String pathFull, String pathPrefix) implements RouteFilter {
        /** The path to send. */
        public String path(String path, String matchedPrefix) {
            return newPath(path, matchedPrefix, pathFull, pathPrefix);
        }
    }

    RouteFilter NONE = new None();

    static RouteFilter compile(HttpRoute wire) throws InvalidConfig {
        if (wire.hasRedirect() && wire.hasRewrite()) {
            throw new InvalidConfig("only one of redirect, rewrite may be set");
        }
        if (wire.hasRedirect()) {
            return redirect(wire.getRedirect());
        }
        return wire.hasRewrite() ? rewrite(wire.getRewrite()) : NONE;
    }

    private static RouteFilter redirect(Redirect wire) throws InvalidConfig {
        int status = wire.getStatusCode() == 0 ? 302 : wire.getStatusCode();
        if (!Set.of(301, 302, 303, 307, 308).contains(status)) {
            throw new InvalidConfig("redirect.status_code: " + status + " is no redirect");
        }
        requireText("redirect.hostname", wire.getHostname());
        requireText("redirect.path", wire.getPathFull() + wire.getPathPrefix());
        return new RedirectTo(wire.getScheme(), wire.getHostname(), wire.getPort(), wire.getPathFull(),
                wire.getPathPrefix(), status);
    }

    private static RouteFilter rewrite(Rewrite wire) throws InvalidConfig {
        requireText("rewrite.hostname", wire.getHostname());
        requireText("rewrite.path", wire.getPathFull() + wire.getPathPrefix());
        return new RewriteTo(wire.getHostname(), wire.getPathFull(), wire.getPathPrefix());
    }

    private static void requireText(String field, String text) throws InvalidConfig {
        if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new InvalidConfig(field + ": must be printable ASCII without spaces");
        }
    }

    private static String newPath(String path, String matchedPrefix, String full, String prefix) {
        if (!full.isEmpty()) {
            return full;
        }
        if (prefix.isEmpty()) {
            return path;
        }
        String matched = matchedPrefix.endsWith("/")
                ? matchedPrefix.substring(0, matchedPrefix.length() - 1) : matchedPrefix;
        String rest = path.length() >= matched.length() ? path.substring(matched.length()) : "";
        String start = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
        String joined = rest.isEmpty() || rest.startsWith("/") ? start + rest : start + "/" + rest;
        return joined.isEmpty() ? "/" : joined;
    }
}
