package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.KeyMatch;
import dev.meshctl.api.proto.config.RouteMatch;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One match of a route: everything that it names must hold. */
record CompiledMatch(
        String pathExact,
        String pathPrefix,
        @Nullable TextPattern pathRegex,
        String method,
        List<Key> headers,
        List<Key> queryParams,
        PortScope ports) {
    private static final int MAX_QUERY_PARAMS = 100;

    /** A route without matches takes everything. */
    static final CompiledMatch EVERYTHING = new CompiledMatch("", "", null, "", List.of(), List.of(), PortScope.ALL);

    record Key(String name, TextPattern value) {}

    static CompiledMatch compile(RouteMatch wire) throws InvalidConfig {
        int kinds = (wire.getPathExact().isEmpty() ? 0 : 1) + (wire.getPathPrefix().isEmpty() ? 0 : 1)
                + (wire.getPathRegex().isEmpty() ? 0 : 1);
        if (kinds > 1) {
            throw new InvalidConfig("only one of path_exact, path_prefix, path_regex may be set");
        }
        requireSlash("path_exact", wire.getPathExact());
        requireSlash("path_prefix", wire.getPathPrefix());
        return new CompiledMatch(wire.getPathExact(), wire.getPathPrefix(), pathRegex(wire), wire.getMethod(),
                keys("headers", wire.getHeadersList()), keys("query_params", wire.getQueryParamsList()),
                PortScope.of(wire.getPort(), wire.getNotPortsList()));
    }

    private static @Nullable TextPattern pathRegex(RouteMatch wire) throws InvalidConfig {
        try {
            return wire.getPathRegex().isEmpty() ? null : TextPattern.regex(wire.getPathRegex());
        } catch (InvalidConfig e) {
            throw e.within("path_regex");
        }
    }

    private static void requireSlash(String field, String path) throws InvalidConfig {
        if (!path.isEmpty() && !path.startsWith("/")) {
            throw new InvalidConfig(field + ": \"" + path + "\" must start with /");
        }
    }

    private static List<Key> keys(String field, List<KeyMatch> wire) throws InvalidConfig {
        List<Key> keys = new ArrayList<>(wire.size());
        for (int i = 0; i < wire.size(); i++) {
            KeyMatch key = wire.get(i);
            String at = field + "[" + i + "]";
            if (key.getName().isEmpty()) {
                throw new InvalidConfig(at + ".name: must not be empty");
            }
            try {
                keys.add(new Key(key.getName(),
                        key.getRegex() ? TextPattern.regex(key.getValue()) : TextPattern.exact(key.getValue())));
            } catch (InvalidConfig e) {
                throw e.within(at + ".value");
            }
        }
        return List.copyOf(keys);
    }

    boolean matches(RouteRequest request) {
        return ports.has(request.port())
                && (method.isEmpty() || method.equals(request.method()))
                && matchesPath(request.path())
                && matchesHeaders(request)
                && matchesQuery(request);
    }

    private boolean matchesPath(String path) {
        if (!pathExact.isEmpty()) {
            return pathExact.equals(path);
        }
        if (pathRegex != null) {
            return pathRegex.matches(path);
        }
        return pathPrefix.isEmpty() || isPrefix(pathPrefix, path);
    }

    /** By path element: {@code /a} and {@code /a/} are prefixes of {@code /a} and {@code /a/b}, not of {@code /ab}. */
    static boolean isPrefix(String prefix, String path) {
        String bare = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
        return path.startsWith(bare) && (path.length() == bare.length() || path.charAt(bare.length()) == '/');
    }

    private boolean matchesHeaders(RouteRequest request) {
        for (Key key : headers) {
            String value = request.headers().get(key.name());
            if (value == null || !key.value().matches(value)) {
                return false;
            }
        }
        return true;
    }

    private boolean matchesQuery(RouteRequest request) {
        if (queryParams.isEmpty()) {
            return true;
        }
        Map<String, List<String>> parameters = decode(request.query());
        for (Key key : queryParams) {
            List<String> values = parameters.getOrDefault(key.name(), List.of());
            if (values.isEmpty() || !key.value().matches(values.getFirst())) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, List<String>> decode(String query) {
        try {
            return QueryStringDecoder.builder().hasPath(false).maxParams(MAX_QUERY_PARAMS).build(query).parameters();
        } catch (IllegalArgumentException e) {
            return Map.of(); // a query that cannot be decoded has no parameters to match
        }
    }
}
