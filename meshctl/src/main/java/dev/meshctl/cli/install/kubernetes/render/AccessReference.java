package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.render.AccessRole.PartHolder;
import dev.meshctl.cli.install.kubernetes.render.AccessRole.Users;
import dev.meshctl.cli.install.kubernetes.values.Values;
import java.util.List;

/** Writes all permissions down for who must approve them, as Markdown. */
public final class AccessReference {
    private static final String HEAD = """
            # Permissions on Kubernetes

            Generated from the code; do not edit. Every permission that an installation gives, and why. Names of objects
            that a revision has for itself end with its name, unless it is `default`.

            The federation gateway has no permission at all, and no token for the API server. Nobody may create, list or
            watch Secrets: those that the mesh needs are made by the installation, without content, and read by name.

            The service account `meshctl-admin` has no permission either, and no pod runs as it. The command line asks the
            API server for a short-lived token of it, and the trust bridge gives the admin identity of the mesh for that. So
            whoever may `create` the subresource `serviceaccounts/token` of `meshctl-admin` in mesh-system administers the mesh.
            Beside that the command line needs `create` of `pods/portforward`, `list` of `pods` and `deployments` and `get` of
            the ConfigMap `mesh-bundle` there, and should have `get` of the Lease `control-plane`, which says which replica to ask.
            What it changes it writes as its user: `apply`, `export`, `traffic` and `policy` need `create` and `patch` of the kind in
            the namespace, `delete` and `unexport` need `delete`. `proxy`, `verify` and `bug-report` need `create` of
            `pods/portforward` where the proxies are, `proxy log` needs `get` of `pods/log`. `upgrade` and `rollback` look at the
            versions of linked meshes, for which they need `list` of `meshlinks`; without it those are unknown.
            """;

    private AccessReference() {}

    /** The whole document. */
    public static String markdown(Values values) {
        StringBuilder text = new StringBuilder(HEAD);
        for (AccessRole role : AccessRoles.of(new Site(new Target("cluster", "version"), values))) {
            text.append("\n## ").append(title(role)).append("\n\n")
                    .append("| group | resources | names | verbs | why |\n| --- | --- | --- | --- | --- |\n");
            role.rules().forEach(rule -> text.append("| %s | %s | %s | %s | %s |\n".formatted(
                    rule.group().isEmpty() ? "core" : rule.group(), joined(rule.resources()),
                    rule.names().isEmpty() ? "any" : joined(rule.names()), joined(rule.verbs()), rule.reason())));
        }
        return text.toString();
    }

    private static String title(AccessRole role) {
        return switch (role.holder()) {
            case PartHolder(Part part) -> part.word() + (role.everywhere() ? ", in all namespaces (ClusterRole `"
                    : ", in " + Site.NAMESPACE + " (Role `") + role.name() + "`)";
            case Users(List<String> roles) -> "Users with the cluster's role " + String.join(" or ", roles)
                    + " (ClusterRole `" + role.name() + "`)";
        };
    }

    private static String joined(List<String> words) {
        return String.join(", ", words);
    }
}
