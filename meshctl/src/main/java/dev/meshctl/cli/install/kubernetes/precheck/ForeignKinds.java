package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The kinds of others that users of the mesh write: Gateway API and the Multi-Cluster Services API. */
final class ForeignKinds implements Precheck {
    private static final String GATEWAY_API = "gateway.networking.k8s.io";
    private static final String MCS = "multicluster.x-k8s.io";

    /** @param versions that the mesh reads, one is enough */
    private record Wanted(String plural, String group, List<String> versions, boolean standard) {
        String definition() {
            return plural + "." + group;
        }
    }

    private static final List<Wanted> WANTED = List.of(
            new Wanted("httproutes", GATEWAY_API, List.of("v1"), true),
            new Wanted("grpcroutes", GATEWAY_API, List.of("v1"), true),
            new Wanted("tlsroutes", GATEWAY_API, List.of("v1", "v1alpha3", "v1alpha2"), false),
            new Wanted("tcproutes", GATEWAY_API, List.of("v1alpha2"), false),
            new Wanted("serviceexports", MCS, List.of("v1alpha1"), true),
            new Wanted("serviceimports", MCS, List.of("v1alpha1"), true));

    @Override
    public String name() {
        return "kinds";
    }

    @Override
    public List<Finding> of(Situation situation) {
        List<String> there = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        for (Wanted wanted : WANTED) {
            Optional<ObjectNode> live = situation.api().get(ObjectType.CRD.key("", wanted.definition()));
            if (situation.toCome().contains(wanted.definition())) {
                there.add(wanted.definition() + " is installed with the mesh");
            } else if (live.isEmpty()) {
                missing.add(wanted.definition());
            } else if (served(live.get()).stream().noneMatch(wanted.versions()::contains)) {
                findings.add(Finding.fail(name(), "%s is there in %s; the mesh reads %s".formatted(wanted.definition(),
                        String.join(", ", served(live.get())), String.join(" or ", wanted.versions())), how(wanted)));
            } else {
                there.add(wanted.definition() + bundle(live.get()));
            }
        }
        if (!there.isEmpty()) {
            findings.addFirst(Finding.pass(name(), String.join(", ", there)));
        }
        missing(missing, findings);
        return findings;
    }

    private void missing(List<String> missing, List<Finding> findings) {
        for (String group : List.of(GATEWAY_API, MCS)) {
            List<Wanted> ofGroup = WANTED.stream()
                    .filter(wanted -> wanted.group().equals(group) && missing.contains(wanted.definition())).toList();
            List<Wanted> standard = ofGroup.stream().filter(Wanted::standard).toList();
            List<Wanted> told = standard.isEmpty() ? ofGroup : standard;
            if (!told.isEmpty()) {
                findings.add(Finding.warn(name(), "not there, so that no such object can be made: "
                        + String.join(", ", ofGroup.stream().map(Wanted::definition).toList()), how(told.getFirst())));
            }
        }
    }

    private static String how(Wanted wanted) {
        if (wanted.group().equals(MCS)) {
            return "download the CRDs of https://github.com/kubernetes-sigs/mcs-api (config/crd), and give them: --with-crds FILE";
        }
        return "download the %s channel of https://github.com/kubernetes-sigs/gateway-api/releases, and give it: --with-crds FILE"
                .formatted(wanted.standard() ? "standard" : "experimental");
    }

    private static List<String> served(ObjectNode definition) {
        List<String> versions = new ArrayList<>();
        for (JsonNode version : definition.path("spec").path("versions")) {
            if (version.path("served").asBoolean(false)) {
                versions.add(version.path("name").asString(""));
            }
        }
        return versions;
    }

    private static String bundle(ObjectNode definition) {
        JsonNode annotations = definition.path("metadata").path("annotations");
        String version = annotations.path(GATEWAY_API + "/bundle-version").asString("");
        String channel = annotations.path(GATEWAY_API + "/channel").asString("");
        return version.isEmpty() ? "" : " " + version + (channel.isEmpty() ? "" : " " + channel);
    }
}
