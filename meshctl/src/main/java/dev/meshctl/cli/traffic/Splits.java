package dev.meshctl.cli.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.VersionView;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.connect.Manifests;
import dev.meshctl.cli.output.Suggestion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Shares of the traffic of a service among its versions, kept in the route of its name: of several kinds in the one that
 * takes effect, and in an HTTPRoute if there is none.
 */
public final class Splits {
    private static final List<String> KINDS = Kinds.ROUTES.stream().map(Kind::name).toList();

    private final ControlPlane plane;

    public Splits(ControlPlane plane) {
        this.plane = plane;
    }

    /**
     * Reads {@code v1=90 v2=10}.
     *
     * @throws CliError if a share is no number, a version comes twice, or they do not sum to 100
     */
    public static Map<String, Integer> parse(List<String> shares) {
        Map<String, Integer> weights = new LinkedHashMap<>();
        for (String share : shares) {
            int equals = share.indexOf('=');
            if (equals < 1 || !share.substring(equals + 1).matches("\\d{1,3}")) {
                throw CliError.usage("\"" + share + "\" is not a share").next("write VERSION=PERCENT, as in v1=90 v2=10");
            }
            if (weights.put(share.substring(0, equals), Integer.parseInt(share.substring(equals + 1))) != null) {
                throw CliError.usage("version \"" + share.substring(0, equals) + "\" is named twice");
            }
        }
        int sum = weights.values().stream().mapToInt(Integer::intValue).sum();
        if (sum != 100) {
            CliError error = CliError.usage("the weights sum to " + sum + ", not to 100")
                    .next("write shares of 100, as in v1=90 v2=10");
            throw weights.size() < 2 ? error : error.because(
                    String.join(" + ", weights.values().stream().map(String::valueOf).toList()) + " = " + sum);
        }
        return weights;
    }

    /** The versions that run in this cluster; a split is made where the service lives. */
    public List<VersionView> versions(ServiceName service) {
        ServiceView view = plane.service(service);
        List<VersionView> versions = view.getSourcesList().stream().filter(ServiceSource::getLocal)
                .flatMap(source -> source.getVersionsList().stream()).toList();
        if (versions.isEmpty()) {
            throw CliError.failed(service + " does not run in this cluster").at("cluster " + plane.cluster().name())
                    .because("it is imported from " + String.join(", ", view.getSourcesList().stream()
                            .map(ServiceSource::getCluster).distinct().toList()))
                    .next("name the cluster that runs it: --cluster NAME");
        }
        return versions;
    }

    /** The version, or an error that names those there are. */
    public void requireVersion(ServiceName service, String version) {
        List<String> names = versions(service).stream().map(VersionView::getVersion).toList();
        if (!names.contains(version)) {
            CliError error = CliError.failed(service + " has no version \"" + version + "\"")
                    .at("cluster " + plane.cluster().name())
                    .because("it has: " + String.join(", ", names.stream().map(n -> n.isEmpty() ? "(none)" : n).toList()));
            throw Suggestion.nearest(version, names).filter(near -> !near.isEmpty())
                    .map(near -> error.next("did you mean \"" + near + "\"?"))
                    .orElse(error.next("start it first: meshctl run --service " + service + " --version " + version + " ..."));
        }
    }

    /** True if there is nothing left to shift to the version. */
    public boolean hasAll(ServiceName service, String version) {
        return versions(service).stream()
                .anyMatch(v -> v.getVersion().equals(version) && v.getWeightPercent() == 100);
    }

    /** The route that the split needs: the existing one with its default rule changed, or a new one. */
    public Object route(ServiceName service, Map<String, Integer> weights) {
        Optional<ObjectNode> existing = KINDS.stream().flatMap(kind -> plane.getIfKnown(kind, service.namespace()).stream())
                .filter(route -> route.path("metadata").path("name").asString("").equals(service.name())).findFirst();
        if (existing.isEmpty()) {
            return Manifests.split(service, weights);
        }
        ObjectNode route = existing.get();
        JsonNode refs = JsonMapper.shared().valueToTree(Manifests.versionRefs(weights));
        if (!(route.path("spec").path("rules") instanceof ArrayNode rules)) {
            return Manifests.split(service, weights);
        }
        for (JsonNode rule : rules) {
            if (takesEverything(rule)) {
                ((ObjectNode) rule).set("backendRefs", refs);
                return route;
            }
        }
        rules.addObject().set("backendRefs", refs);
        return route;
    }

    private static boolean takesEverything(JsonNode rule) {
        JsonNode matches = rule.path("matches");
        if (matches.isEmpty()) {
            return true;
        }
        for (JsonNode match : matches) {
            boolean onlyRoot = match.path("headers").isEmpty() && match.path("queryParams").isEmpty()
                    && !match.path("method").isObject() && match.path("method").asString("").isEmpty()
                    && match.path("path").path("value").asString("/").equals("/")
                    && match.path("path").path("type").asString("PathPrefix").equals("PathPrefix");
            if (onlyRoot) {
                return true;
            }
        }
        return false;
    }
}
