package dev.meshctl.api.resource;

import java.util.Locale;

/** A resource, and where it stands in the text that it was read from. */
public final class ParsedResource {
    private final Resource resource;
    private final String source;
    private final Node node;

    ParsedResource(Resource resource, String source, Node node) {
        this.resource = resource;
        this.source = source;
        this.node = node;
    }

    public Resource resource() {
        return resource;
    }

    /**
     * Where a field stands, as {@link Problem} writes it: {@code routes.yaml:12:15}. Of a field that is not in the text, the
     * nearest one above it.
     *
     * @param path as in {@code spec.rules[0].backendRefs[1].weight}
     */
    public String at(String path) {
        Node found = Paths.find(node, path);
        return String.format(Locale.ROOT, "%s:%d:%d", source, found.line(), found.column());
    }
}
