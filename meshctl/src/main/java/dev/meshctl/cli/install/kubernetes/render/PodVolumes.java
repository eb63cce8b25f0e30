package dev.meshctl.cli.install.kubernetes.render;

import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a part's pods read and write. The root file system is read-only. */
final class PodVolumes {
    /** Logs, and state that a restarted container goes on from; more would evict the pod. */
    private static final String STATE_LIMIT = "512Mi";
    /** Native libraries are unpacked here. */
    private static final String TMP_LIMIT = "64Mi";
    private static final int TOKEN_SECONDS = 3600;

    private final ArrayNode volumes = Tree.list();
    private final ArrayNode mounts = Tree.list();

    PodVolumes(Site site, Part part) {
        add("config", DaemonFiles.CONFIG_DIRECTORY, true, Tree.map("configMap", Tree.map("name", site.name(part))));
        if (part == Part.TRUST_BRIDGE) {
            add("ca", DaemonFiles.CA_DIRECTORY, true,
                    Tree.map("secret", Tree.map("secretName", Site.CA_SECRET, "defaultMode", 0440)));
        } else {
            add("bundle", DaemonFiles.BUNDLE_DIRECTORY, true, Tree.map("configMap", Tree.map("name", Site.BUNDLE_MAP)));
            add("tokens", DaemonFiles.TOKEN_DIRECTORY, true, token(part));
        }
        add("state", DaemonFiles.STATE_DIRECTORY, false, Tree.map("emptyDir", Tree.map("sizeLimit", STATE_LIMIT)));
        add("tmp", "/tmp", false, Tree.map("emptyDir", Tree.map("sizeLimit", TMP_LIMIT)));
    }

    ArrayNode volumes() {
        return volumes;
    }

    ArrayNode mounts() {
        return mounts;
    }

    private void add(String name, String path, boolean readOnly, ObjectNode source) {
        ObjectNode volume = Tree.map("name", name);
        volume.setAll(source);
        volumes.add(volume);
        mounts.add(Tree.map("name", name, "mountPath", path, "readOnly", Tree.when(readOnly, true)));
    }

    private static ObjectNode token(Part part) {
        return Tree.map("projected", Tree.map("sources", Tree.list(Tree.map("serviceAccountToken", Tree.map(
                "audience", DaemonFiles.AUDIENCE,
                "expirationSeconds", TOKEN_SECONDS,
                "path", part.word() + ".token")))));
    }
}
