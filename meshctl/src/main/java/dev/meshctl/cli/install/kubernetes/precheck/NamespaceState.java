package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.apply.Held;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** A namespace that is being deleted takes nothing new. */
final class NamespaceState implements Precheck {
    @Override
    public String name() {
        return "namespace";
    }

    @Override
    public List<Finding> of(Situation situation) {
        Optional<ObjectNode> live = situation.api().get(ObjectType.NAMESPACE.key("", Rendering.NAMESPACE));
        if (live.isEmpty()) {
            return List.of(Finding.pass(name(), Rendering.NAMESPACE + " is made"));
        }
        if (live.get().path("metadata").has("deletionTimestamp")) {
            return List.of(Finding.fail(name(), "%s is being deleted, since %s\n%s".formatted(Rendering.NAMESPACE,
                            live.get().path("metadata").path("deletionTimestamp").asString(""), Held.why(live.get())),
                    "remove what holds it: kubectl get namespace " + Rendering.NAMESPACE + " -o yaml"));
        }
        return List.of(Finding.pass(name(), Rendering.NAMESPACE + " is there"));
    }
}
