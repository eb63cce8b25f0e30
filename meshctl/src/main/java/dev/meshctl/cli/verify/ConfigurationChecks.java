package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.admin.VersionView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** MV06: what users have asked for, against what there is. */
final class ConfigurationChecks {
    private ConfigurationChecks() {}

    static void plan(Plan plan, ClusterFacts facts) {
        plan.add(Check.MV0601, facts, () -> routes(facts));
        plan.add(Check.MV0602, facts, () -> exports(facts));
        plan.add(Check.MV0603, facts, () -> quarantine(facts));
    }

    private static Finding routes(ClusterFacts facts) throws UnavailableException, InterruptedException {
        List<ServiceView> services = facts.services().getServicesList();
        List<String> broken = new ArrayList<>();
        int backends = 0;
        for (String json : facts.routes()) {
            JsonNode route = JsonMapper.shared().readTree(json);
            String namespace = route.path("metadata").path("namespace").asString("default");
            String name = route.path("metadata").path("name").asString("");
            for (JsonNode parent : route.path("spec").path("parentRefs")) {
                String service = parent.path("name").asString("");
                String in = parent.path("namespace").asString("");
                Optional<ServiceView> view = find(services, service, in.isEmpty() ? namespace : in);
                for (String version : versions(route)) {
                    backends++;
                    if (view.isEmpty() || ready(view.get(), version) == 0) {
                        broken.add("%s %s/%s sends to %s version %s, which has no ready workload".formatted(
                                route.path("kind").asString(""), namespace, name, service, version));
                    }
                }
            }
        }
        return broken.isEmpty()
                ? Finding.pass(facts.routes().size() + " routes, " + backends + " versions named")
                : Finding.fail(String.join("; ", broken), "meshctl services --cluster " + facts.name());
    }

    private static List<String> versions(JsonNode route) {
        List<String> versions = new ArrayList<>();
        for (JsonNode rule : route.path("spec").path("rules")) {
            for (JsonNode backend : rule.path("backendRefs")) {
                if (backend.path("kind").asString("").equals("Version") && backend.path("weight").asInt(1) > 0) {
                    versions.add(backend.path("name").asString(""));
                }
            }
        }
        return versions;
    }

    private static Finding exports(ClusterFacts facts) throws UnavailableException, InterruptedException {
        List<String> empty = new ArrayList<>();
        int exported = 0;
        for (ServiceView service : facts.services().getServicesList()) {
            if (!service.getExported()) {
                continue;
            }
            exported++;
            if (service.getSourcesList().stream().filter(ServiceSource::getLocal)
                    .flatMap(source -> source.getVersionsList().stream()).mapToInt(VersionView::getReady).sum() == 0) {
                empty.add(service.getName() + "." + service.getNamespace());
            }
        }
        return empty.isEmpty()
                ? Finding.pass(exported + " exported")
                : Finding.warn("exported without a ready workload: " + String.join(", ", empty),
                        "meshctl services --cluster " + facts.name());
    }

    private static Finding quarantine(ClusterFacts facts) throws UnavailableException, InterruptedException {
        StatusResponse status = facts.status();
        List<String> counted = new ArrayList<>();
        status.getCountersMap().forEach((name, count) -> {
            if (name.contains("quarantine") && count > 0) {
                counted.add(name + " " + count);
            }
        });
        return counted.isEmpty()
                ? Finding.pass("none")
                : Finding.fail(String.join(", ", counted),
                        facts.cluster().isLocal()
                                ? "look into the quarantine directory under " + facts.cluster().directory().resolve("control-plane")
                                : "kubectl logs -n mesh-system deployment/control-plane");
    }

    private static Optional<ServiceView> find(List<ServiceView> services, String name, String namespace) {
        return services.stream().filter(s -> s.getName().equals(name) && s.getNamespace().equals(namespace)).findFirst();
    }

    private static int ready(ServiceView service, String version) {
        return service.getSourcesList().stream().flatMap(source -> source.getVersionsList().stream())
                .filter(v -> v.getVersion().equals(version)).mapToInt(VersionView::getReady).sum();
    }
}
