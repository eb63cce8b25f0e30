package dev.meshctl.api.resource;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;

/**
 * How HTTP requests to a service are routed, with a Service as parent (GAMMA).
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/">Gateway API, HTTPRoute</a>
 */
public record HttpRoute(Metadata metadata, Spec spec) implements Route {
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}");
    private static final Pattern HOSTNAME = Pattern.compile("(\\*\\.)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

    /**
     * The rules and whom they are for.
     *
     * @param parentRefs 1 to 32
     * @param hostnames at most 16; none matches every host of the parent
     * @param rules 1 to 64
     */
    public record Spec(List<ParentRef> parentRefs, List<String> hostnames, List<Rule> rules) {
        public Spec {
            parentRefs = List.copyOf(parentRefs);
            hostnames = List.copyOf(hostnames);
            rules = List.copyOf(rules);
            Check.items(parentRefs, 1, 32, "parentRefs");
            Check.items(hostnames, 0, 16, "hostnames");
            Check.items(rules, 1, 64, "rules");
            for (int i = 0; i < hostnames.size(); i++) {
                checkPattern(hostnames.get(i), "hostnames[" + i + "]");
            }
        }
    }

    /**
     * What happens to requests that any of the matches takes.
     *
     * @param matches at most 64; none takes every request
     * @param backendRefs at most 16; none, without redirect, answers 500
     */
    public record Rule(
            @Default("") String name,
            List<Match> matches,
            List<Filter> filters,
            List<BackendRef> backendRefs,
            @Default("{}") Timeouts timeouts,
            Optional<Retry> retry) {
        public Rule {
            matches = List.copyOf(matches);
            filters = List.copyOf(filters);
            backendRefs = List.copyOf(backendRefs);
            Check.optionalLabel(name, "name");
            Check.items(matches, 0, 64, "matches");
            Check.items(filters, 0, 16, "filters");
            Check.items(backendRefs, 0, 16, "backendRefs");
            for (int i = 0; i < filters.size(); i++) {
                FilterType type = filters.get(i).type;
                Check.that(filters.subList(0, i).stream().noneMatch(f -> f.type == type), "filters[" + i + "].type",
                        "each filter at most once in a rule", Records.word(type));
            }
            boolean redirect = filters.stream().anyMatch(f -> f.type == FilterType.REQUEST_REDIRECT);
            Check.phrase(!redirect || backendRefs.isEmpty(), "backendRefs", "none beside a RequestRedirect filter",
                    backendRefs.size() + " items");
            Check.phrase(!redirect || filters.stream().noneMatch(f -> f.type == FilterType.URL_REWRITE), "filters",
                    "RequestRedirect or URLRewrite, not both", "both");
        }

        /** The same rule with other backends. */
        public Rule withBackendRefs(List<BackendRef> other) {
            return new Rule(name, matches, filters, other, timeouts, retry);
        }
    }

    /** All of the conditions must hold. */
    public record Match(
            Optional<PathMatch> path, List<HeaderMatch> headers, List<QueryParamMatch> queryParams, @Default("") String method) {
        public Match {
            headers = List.copyOf(headers);
            queryParams = List.copyOf(queryParams);
            Check.items(headers, 0, 16, "headers");
            Check.items(queryParams, 0, 16, "queryParams");
            Check.that(method.isEmpty() || (TOKEN.matcher(method).matches() && method.equals(method.toUpperCase(Locale.ROOT))),
                    "method", "an HTTP method in upper case", method);
        }
    }

    public enum PathMatchType {
        EXACT,
        /** By path element. */
        PATH_PREFIX,
        /** RE2 syntax; matches the whole path. */
        REGULAR_EXPRESSION
    }

    public record PathMatch(@Default("PathPrefix") PathMatchType type, @Default("/") String value) {
        public PathMatch {
            Check.phrase(value.length() <= 1024, "value", "at most 1024 characters", value.length() + " characters");
            if (type == PathMatchType.REGULAR_EXPRESSION) {
                regularExpression(value, "value");
            } else {
                Check.that(value.startsWith("/") && !value.contains("//") && !value.contains("/../") && !value.contains("#"),
                        "value", "an absolute path without //, /../ or #", value);
            }
        }
    }

    public enum ValueMatchType {
        EXACT,
        REGULAR_EXPRESSION
    }

    public record HeaderMatch(@Default("Exact") ValueMatchType type, String name, String value) {
        public HeaderMatch {
            Check.that(TOKEN.matcher(name).matches(), "name", "a header name", name);
            checkValue(type, value);
        }
    }

    public record QueryParamMatch(@Default("Exact") ValueMatchType type, String name, String value) {
        public QueryParamMatch {
            Check.that(TOKEN.matcher(name).matches(), "name", "a query parameter name", name);
            checkValue(type, value);
        }
    }

    public enum FilterType implements Worded {
        REQUEST_HEADER_MODIFIER("RequestHeaderModifier"),
        RESPONSE_HEADER_MODIFIER("ResponseHeaderModifier"),
        REQUEST_REDIRECT("RequestRedirect"),
        URL_REWRITE("URLRewrite");

        private final String word;

        FilterType(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** Exactly the field that the type names is there. */
    public record Filter(
            FilterType type,
            Optional<HeaderModifier> requestHeaderModifier,
            Optional<HeaderModifier> responseHeaderModifier,
            Optional<RequestRedirect> requestRedirect,
            Optional<UrlRewrite> urlRewrite) {
        public Filter {
            present(requestHeaderModifier, type == FilterType.REQUEST_HEADER_MODIFIER, "requestHeaderModifier", type);
            present(responseHeaderModifier, type == FilterType.RESPONSE_HEADER_MODIFIER, "responseHeaderModifier", type);
            present(requestRedirect, type == FilterType.REQUEST_REDIRECT, "requestRedirect", type);
            present(urlRewrite, type == FilterType.URL_REWRITE, "urlRewrite", type);
        }

        private static void present(Optional<?> value, boolean wanted, String field, FilterType type) {
            Check.phrase(value.isPresent() == wanted, field,
                    (wanted ? "a value for" : "nothing beside") + " type " + type.word(), wanted ? "none" : "a value");
        }
    }

    public record HeaderModifier(List<Header> set, List<Header> add, List<String> remove) {
        public HeaderModifier {
            set = List.copyOf(set);
            add = List.copyOf(add);
            remove = List.copyOf(remove);
            Check.items(set, 0, 16, "set");
            Check.items(add, 0, 16, "add");
            Check.items(remove, 0, 16, "remove");
            for (int i = 0; i < remove.size(); i++) {
                Check.that(TOKEN.matcher(remove.get(i)).matches(), "remove[" + i + "]", "a header name", remove.get(i));
            }
        }
    }

    public record Header(String name, String value) {
        public Header {
            Check.that(TOKEN.matcher(name).matches(), "name", "a header name", name);
            Check.optionalText(value, "value");
        }
    }

    /** @param statusCode 301, 302, 303, 307 or 308 */
    public record RequestRedirect(
            @Default("") String scheme,
            @Default("") String hostname,
            Optional<PathModifier> path,
            OptionalInt port,
            @Default("302") int statusCode) {
        public RequestRedirect {
            Check.that(scheme.isEmpty() || scheme.equals("http") || scheme.equals("https"), "scheme", "http or https", scheme);
            checkHostname(hostname);
            Check.port(port, "port");
            Check.that(List.of(301, 302, 303, 307, 308).contains(statusCode), "statusCode", "301, 302, 303, 307 or 308", statusCode);
        }
    }

    public record UrlRewrite(@Default("") String hostname, Optional<PathModifier> path) {
        public UrlRewrite {
            checkHostname(hostname);
        }
    }

    public enum PathModifierType {
        REPLACE_FULL_PATH,
        REPLACE_PREFIX_MATCH
    }

    /** The value is in the field that the type names. */
    public record PathModifier(
            PathModifierType type, Optional<String> replaceFullPath, Optional<String> replacePrefixMatch) {
        public PathModifier {
            boolean full = type == PathModifierType.REPLACE_FULL_PATH;
            Check.phrase(replaceFullPath.isPresent() == full, "replaceFullPath",
                    full ? "a path" : "nothing beside type ReplacePrefixMatch", replaceFullPath.orElse("none"));
            Check.phrase(replacePrefixMatch.isPresent() != full, "replacePrefixMatch",
                    full ? "nothing beside type ReplaceFullPath" : "a path", replacePrefixMatch.orElse("none"));
            String value = replaceFullPath.or(() -> replacePrefixMatch).orElse("");
            Check.that(value.isEmpty() || value.startsWith("/"), full ? "replaceFullPath" : "replacePrefixMatch",
                    "a path that starts with /", value);
            Check.optionalText(value, full ? "replaceFullPath" : "replacePrefixMatch");
        }
    }

    /** Empty: none. A backend request may not take longer than the request. */
    public record Timeouts(Optional<Duration> request, Optional<Duration> backendRequest) {
        public Timeouts {
            request.ifPresent(d -> Check.duration(d, Duration.ZERO, "request"));
            backendRequest.ifPresent(d -> Check.duration(d, Duration.ZERO, "backendRequest"));
            if (request.isPresent() && backendRequest.isPresent() && !request.get().isZero()) {
                Check.that(backendRequest.get().compareTo(request.get()) <= 0, "backendRequest",
                        "at most the request timeout of " + Durations.format(request.get()),
                        Durations.format(backendRequest.get()));
            }
        }
    }

    /** The same route with other rules. */
    public HttpRoute withRules(List<Rule> rules) {
        return new HttpRoute(metadata, new Spec(spec.parentRefs, spec.hostnames, rules));
    }

    @Override
    public List<ParentRef> parentRefs() {
        return spec.parentRefs;
    }

    @Override
    public List<List<BackendRef>> backendRefs() {
        return spec.rules.stream().map(Rule::backendRefs).toList();
    }

    @Override
    public HttpRoute withBackendRefs(List<List<BackendRef>> backendRefs) {
        return withRules(IntStream.range(0, spec.rules.size())
                .mapToObj(i -> spec.rules.get(i).withBackendRefs(backendRefs.get(i))).toList());
    }

    @Override
    public boolean takesEverything(int rule) {
        return spec.rules.get(rule).matches.isEmpty();
    }

    @Override
    public HttpRoute withMetadata(Metadata other) {
        return new HttpRoute(other, spec);
    }

    static void checkValue(ValueMatchType type, String value) {
        Check.text(value, "value");
        if (type == ValueMatchType.REGULAR_EXPRESSION) {
            regularExpression(value, "value");
        }
    }

    /** A host name, or all of a domain. */
    static void checkPattern(String hostname, String field) {
        Check.that(HOSTNAME.matcher(hostname).matches(), field, "a host name in lower case, which may start with *.", hostname);
    }

    private static void checkHostname(String hostname) {
        Check.that(hostname.isEmpty() || (HOSTNAME.matcher(hostname).matches() && !hostname.startsWith("*")), "hostname",
                "a host name in lower case", hostname);
    }

    static void regularExpression(String value, String field) {
        try {
            Pattern.compile(value);
        } catch (PatternSyntaxException e) {
            throw new InvalidField(field, "a regular expression (" + e.getDescription() + " at " + e.getIndex() + ")",
                    "\"" + value + "\"");
        }
    }
}
