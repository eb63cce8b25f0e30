package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Objects of an earlier installation that nobody has a checkpoint of: of one that was rendered for Git, or half removed. */
final class Leftovers implements Precheck {
    private static final int MAX_TOLD = 10;

    @Override
    public String name() {
        return "leftovers";
    }

    @Override
    public List<Finding> of(Situation situation) {
        if (situation.previous().isPresent()) {
            return List.of(known(situation.previous().get()));
        }
        Set<Key> wanted = situation.wanted().objects().stream().map(RenderedObject::key).collect(Collectors.toSet());
        List<String> strays = new ArrayList<>();
        int takenOver = 0;
        for (ObjectType type : ObjectType.INSTALLED) {
            for (var live : situation.api().list(type, Rendering.NAMESPACE, Rendering.OWN_OBJECTS)) {
                Key key = type.key(live.path("metadata").path("namespace").asString(""), live.path("metadata").path("name").asString(""));
                if (wanted.contains(key)) {
                    takenOver++;
                } else {
                    strays.add(key.toString());
                }
            }
        }
        if (strays.isEmpty()) {
            return List.of(Finding.pass(name(), takenOver == 0 ? "none" : takenOver + " objects of an earlier run are taken over"));
        }
        String told = String.join(", ", strays.subList(0, Math.min(MAX_TOLD, strays.size())));
        return List.of(Finding.warn(name(), "%d objects of an earlier installation are not part of this one: %s%s"
                .formatted(strays.size(), told, strays.size() > MAX_TOLD ? " and more" : ""),
                "remove the earlier one first: meshctl uninstall"));
    }

    private Finding known(Checkpoint previous) {
        return switch (previous.state()) {
            case APPLYING -> Finding.pass(name(), "checkpoint %d (%s, by %s) was not finished; this goes on from there"
                    .formatted(previous.number(), previous.what(), previous.who()));
            case FAILED -> Finding.pass(name(), "checkpoint %d (%s) failed; this repairs it"
                    .formatted(previous.number(), previous.what()));
            case APPLIED, REVERTED -> Finding.pass(name(), "checkpoint %d is there".formatted(previous.number()));
        };
    }
}
