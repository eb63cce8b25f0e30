package dev.meshctl.cli.testing.cluster;

/**
 * What a request path names.
 *
 * @param group empty for the core
 * @param namespace empty for cluster-scoped objects, and for all namespaces
 * @param name empty for collections
 * @param subresource empty for the object itself
 */
record ResourcePath(String group, String version, String namespace, String resource, String name, String subresource) {
    /** Of {@code /api/v1/...} and {@code /apis/GROUP/VERSION/...}. */
    static ResourcePath parse(String path) {
        String[] parts = path.substring(1).split("/", -1);
        boolean core = parts[0].equals("api");
        int from = core ? 2 : 3;
        if (parts.length <= from || !(core || parts[0].equals("apis"))) {
            throw new Refused(404, "NotFound", "404 page not found: " + path);
        }
        String group = core ? "" : parts[1];
        String version = core ? parts[1] : parts[2];
        if (parts[from].equals("namespaces") && parts.length > from + 2 && !isOfNamespace(parts[from + 2])) {
            return new ResourcePath(group, version, parts[from + 1], parts[from + 2], at(parts, from + 3), at(parts, from + 4));
        }
        return new ResourcePath(group, version, "", parts[from], at(parts, from + 1), at(parts, from + 2));
    }

    private static boolean isOfNamespace(String subresource) {
        return subresource.equals("status") || subresource.equals("finalize");
    }

    private static String at(String[] parts, int index) {
        return index < parts.length ? parts[index] : "";
    }

    /** Group and resource, the key of a kind. */
    String kind() {
        return group.isEmpty() ? resource : resource + "." + group;
    }

    ResourcePath named(String other) {
        return new ResourcePath(group, version, namespace, resource, other, "");
    }

    /** Where an object is kept. */
    String key() {
        return key(kind(), namespace, name);
    }

    static String key(String kind, String namespace, String name) {
        return kind + "/" + namespace + "/" + name;
    }

    @Override
    public String toString() {
        return kind() + " \"" + (namespace.isEmpty() ? "" : namespace + "/") + name + "\"";
    }
}
