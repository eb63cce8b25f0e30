package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.render.AccessRole.PartHolder;
import dev.meshctl.cli.install.kubernetes.render.AccessRole.Users;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Roles and their bindings. */
final class Access {
    private static final String API_GROUP = "rbac.authorization.k8s.io";
    private static final String API = API_GROUP + "/v1";

    private final Site site;

    Access(Site site) {
        this.site = site;
    }

    List<ObjectNode> objects() {
        List<ObjectNode> objects = new ArrayList<>();
        for (AccessRole role : AccessRoles.of(site)) {
            objects.add(role(role));
            if (role.holder() instanceof PartHolder(Part part)) {
                objects.add(binding(role, part));
            }
        }
        return objects;
    }

    private ObjectNode role(AccessRole role) {
        ObjectNode labels = labels(role);
        ObjectNode tree = role.everywhere() ? site.clusterObject(API, "ClusterRole", role.name(), labels)
                : site.object(API, "Role", role.name(), labels);
        tree.set("rules", Tree.each(role.rules().stream().map(AccessRule::tree).toList()));
        return tree;
    }

    private ObjectNode binding(AccessRole role, Part part) {
        ObjectNode labels = labels(role);
        ObjectNode tree = role.everywhere() ? site.clusterObject(API, "ClusterRoleBinding", role.name(), labels)
                : site.object(API, "RoleBinding", role.name(), labels);
        tree.set("roleRef", Tree.map("apiGroup", API_GROUP,
                "kind", role.everywhere() ? "ClusterRole" : "Role", "name", role.name()));
        tree.set("subjects", Tree.list(Tree.map("kind", "ServiceAccount", "name", part.word(), "namespace", Site.NAMESPACE)));
        return tree;
    }

    private ObjectNode labels(AccessRole role) {
        return switch (role.holder()) {
            case PartHolder(Part part) -> Labels.of(site, part);
            case Users(List<String> roles) -> {
                ObjectNode labels = Labels.shared(site);
                roles.forEach(to -> labels.put(API_GROUP + "/aggregate-to-" + to, "true"));
                yield labels;
            }
        };
    }
}
