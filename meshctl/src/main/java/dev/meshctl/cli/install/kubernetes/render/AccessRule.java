package dev.meshctl.cli.install.kubernetes.render;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * One permission, and why it is needed.
 *
 * @param names empty: objects of any name
 * @param reason a sentence for who must approve it
 */
record AccessRule(String group, List<String> resources, List<String> names, List<String> verbs, String reason) {
    AccessRule {
        if (reason.isBlank()) {
            throw new IllegalArgumentException("a permission needs a reason");
        }
    }

    /** @param resources and verbs, each separated by blanks */
    static AccessRule of(String group, String resources, String verbs, String reason) {
        return new AccessRule(group, words(resources), List.of(), words(verbs), reason);
    }

    /** The same, for objects of these names only. */
    AccessRule named(String... only) {
        return new AccessRule(group, resources, List.of(only), verbs, reason);
    }

    ObjectNode tree() {
        return Tree.map("apiGroups", Tree.list(group), "resources", resources,
                "resourceNames", Tree.unlessEmpty(Tree.each(names)), "verbs", verbs);
    }

    private static List<String> words(String text) {
        return List.of(text.split(" "));
    }
}
