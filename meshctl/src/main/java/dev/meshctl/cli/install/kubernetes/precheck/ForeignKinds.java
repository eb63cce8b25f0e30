package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.api.ServerFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The kinds of others that users of the mesh write: Gateway API and the Multi-Cluster Services API. */
final class ForeignKinds implements Precheck {
    private static final String MCS = "multicluster.x-k8s.io";

    /**
     * A kind.
     *
     * @param versions that the mesh reads, one is enough
     * @param everywhere false for kinds that only newer releases have in their standard channel
     */
    private record Wanted(String plural, String group, List<String> versions, boolean everywhere) {
        static Wanted of(Kind kind, boolean everywhere) {
            return new Wanted(kind.plural(), kind.group(), kind.versions(), everywhere);
        }

        String definition() {
            return plural + "." + group;
        }
    }

    private static final List<Wanted> WANTED = List.of(
            Wanted.of(Kinds.HTTP_ROUTE, true),
            Wanted.of(Kinds.GRPC_ROUTE, true),
            Wanted.of(Kinds.TLS_ROUTE, false),
            Wanted.of(Kinds.TCP_ROUTE, false),
            Wanted.of(Kinds.SERVICE_EXPORT, true),
            Wanted.of(Kinds.SERVICE_IMPORT, true));

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
                        String.join(", ", served(live.get())), String.join(" or ", wanted.versions())), how(wanted, situation.server())));
            } else {
                there.add(wanted.definition() + bundle(live.get()));
            }
        }
        if (!there.isEmpty()) {
            findings.addFirst(Finding.pass(name(), String.join(", ", there)));
        }
        missing(missing, findings, situation.server());
        return findings;
    }

    private void missing(List<String> missing, List<Finding> findings, ServerFacts server) {
        for (String group : List.of(GatewayApiRelease.GROUP, MCS)) {
            List<Wanted> ofGroup = WANTED.stream()
                    .filter(wanted -> wanted.group().equals(group) && missing.contains(wanted.definition())).toList();
            List<Wanted> everywhere = ofGroup.stream().filter(Wanted::everywhere).toList();
            List<Wanted> told = everywhere.isEmpty() ? ofGroup : everywhere;
            if (!told.isEmpty()) {
                findings.add(Finding.warn(name(), "not there, so that no such object can be made: "
                        + String.join(", ", ofGroup.stream().map(Wanted::definition).toList()), how(told.getFirst(), server)));
            }
        }
    }

    private static String how(Wanted wanted, ServerFacts server) {
        if (wanted.group().equals(MCS)) {
            return "download the CRDs of https://github.com/kubernetes-sigs/mcs-api (config/crd), and give them: --with-crds FILE";
        }
        return GatewayApiRelease.howToGet(server, wanted.everywhere());
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
        String version = annotations.path(GatewayApiRelease.GROUP + "/bundle-version").asString("");
        String channel = annotations.path(GatewayApiRelease.GROUP + "/channel").asString("");
        return version.isEmpty() ? "" : " " + version + (channel.isEmpty() ? "" : " " + channel);
    }
}
