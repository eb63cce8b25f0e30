package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.AccessQuestion;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether who runs this may do all that the steps need, by SelfSubjectAccessReview. Whoever may do everything is asked
 * once.
 */
final class Permissions implements Precheck {
    private static final AccessQuestion EVERYTHING = new AccessQuestion("*", "*", "*", "");
    private static final int MAX_TOLD = 20;

    @Override
    public String name() {
        return "permissions";
    }

    @Override
    public List<Finding> of(Situation situation) {
        if (situation.api().denied(EVERYTHING).isEmpty()) {
            return List.of(Finding.pass(name(), "all"));
        }
        Map<AccessQuestion, Set<String>> needed = needed(situation);
        List<String> missing = new ArrayList<>();
        needed.forEach((question, steps) -> situation.api().denied(question).ifPresent(why -> missing.add(
                "%s, for: %s".formatted(question, String.join(", ", steps)) + (why.isEmpty() ? "" : " (" + why + ")"))));
        List<Finding> findings = new ArrayList<>();
        findings.add(missing.isEmpty() ? Finding.pass(name(), needed.size() + " asked for, all granted")
                : Finding.fail(name(), "not allowed:\n" + shortened(missing),
                        "ask who administers the cluster for these rights; see yours: kubectl auth can-i --list"));
        findings.addAll(forReasons(situation));
        return findings;
    }

    private static Map<AccessQuestion, Set<String>> needed(Situation situation) {
        Map<AccessQuestion, Set<String>> needed = new LinkedHashMap<>();
        for (RenderedObject object : situation.wanted().objects()) {
            for (String verb : List.of("get", "create", "patch")) {
                add(needed, verb, object.key(), object.step().title());
            }
        }
        for (String verb : List.of("list", "create", "patch", "delete")) {
            add(needed, verb, ObjectType.SECRET.key(Rendering.NAMESPACE, ""), "checkpoint");
        }
        situation.obsolete().forEach(object -> add(needed, "delete", object.key(), "removal of " + object.key()));
        return needed;
    }

    private static void add(Map<AccessQuestion, Set<String>> needed, String verb, Key key, String step) {
        ObjectType type = ObjectType.of(key.apiVersion(), key.kind());
        needed.computeIfAbsent(new AccessQuestion(verb, type.group(), type.plural(), key.namespace()),
                question -> new LinkedHashSet<>()).add(step);
    }

    /** Without these the installation works, but nobody is told why a pod does not start. */
    private List<Finding> forReasons(Situation situation) {
        List<String> missing = new ArrayList<>();
        for (AccessQuestion question : List.of(new AccessQuestion("list", "", "pods", Rendering.NAMESPACE),
                new AccessQuestion("list", "", "events", Rendering.NAMESPACE),
                new AccessQuestion("get", "", "pods/log", Rendering.NAMESPACE))) {
            if (situation.api().denied(question).isPresent()) {
                missing.add(question.toString());
            }
        }
        return missing.isEmpty() ? List.of() : List.of(Finding.warn(name(),
                "not allowed, so that a pod that does not start cannot be explained: " + String.join("; ", missing), ""));
    }

    private static String shortened(List<String> missing) {
        String told = String.join("\n", missing.subList(0, Math.min(MAX_TOLD, missing.size())));
        return missing.size() > MAX_TOLD ? told + "\nand %d more".formatted(missing.size() - MAX_TOLD) : told;
    }
}
