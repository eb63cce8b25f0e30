package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.checkpoint.Deployed;
import dev.meshctl.cli.output.Count;
import dev.meshctl.control.admission.inject.PodAnnotations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Control planes that are taken away have nobody left: proxies of theirs would hear of no change any more, and new pods of
 * namespaces that name them would come up without proxy, unnoticed.
 */
final class RevisionsInUse implements Precheck {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    @Override
    public String name() {
        return "revisions";
    }

    @Override
    public List<Finding> of(Situation situation) {
        List<String> kept = names(situation.wanted().revisions());
        List<String> leaving = situation.previous().stream().flatMap(before -> names(before.release().revisions()).stream())
                .filter(name -> !kept.contains(name)).toList();
        if (leaving.isEmpty()) {
            return List.of();
        }
        List<ObjectNode> pods = situation.api().list(ObjectType.POD, "", "");
        List<ObjectNode> namespaces = situation.api().list(ObjectType.NAMESPACE, "", "");
        return leaving.stream().map(revision -> finding(revision, pods, namespaces)).toList();
    }

    private static List<String> names(List<Deployed> revisions) {
        return revisions.stream().map(Deployed::revision).toList();
    }

    private Finding finding(String revision, List<ObjectNode> pods, List<ObjectNode> namespaces) {
        Map<String, Long> proxies = pods.stream().filter(pod -> injectedBy(pod).filter(revision::equals).isPresent())
                .collect(Collectors.groupingBy(RevisionsInUse::namespace, TreeMap::new, Collectors.counting()));
        String named = Stream.concat(namespaces.stream(), pods.stream())
                .filter(object -> object.path("metadata").path("labels").path(PodAnnotations.REVISION).asString("").equals(revision))
                .map(object -> namespace(object).isEmpty() ? object.path("metadata").path("name").asString("") : namespace(object))
                .distinct().sorted().collect(Collectors.joining(", "));
        if (proxies.isEmpty() && named.isEmpty()) {
            return Finding.pass(name(), "nothing is left that needs revision " + revision);
        }
        List<String> users = new ArrayList<>();
        if (!proxies.isEmpty()) {
            users.add(proxies.entrySet().stream().map(each -> Count.of(each.getValue(), "proxy") + " in " + each.getKey())
                    .collect(Collectors.joining(", ")) + " would hear of no change any more");
        }
        if (!named.isEmpty()) {
            users.add("new pods would get no proxy in " + named + ", which names it by label");
        }
        return Finding.fail(name(), "revision " + revision + " goes, and is in use: " + String.join("; ", users),
                "move what uses it: kubectl label namespace NAME " + PodAnnotations.REVISION + "=OTHER --overwrite (or " + PodAnnotations.REVISION
                        + "- for the promoted one), then kubectl rollout restart deployment --namespace NAME");
    }

    private static String namespace(ObjectNode object) {
        return object.path("metadata").path("namespace").asString("");
    }

    private static Optional<String> injectedBy(ObjectNode pod) {
        String record = pod.path("metadata").path("annotations").path(PodAnnotations.INJECTED).asString("");
        boolean ended = List.of("Succeeded", "Failed").contains(pod.path("status").path("phase").asString(""));
        if (record.isEmpty() || ended) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(record).path("revision").asString(""));
        } catch (JacksonException e) {
            // Not written by an injector of ours: of no revision that could be told.
            return Optional.empty();
        }
    }
}
