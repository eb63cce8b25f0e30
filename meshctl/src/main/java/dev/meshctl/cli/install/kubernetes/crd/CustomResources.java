package dev.meshctl.cli.install.kubernetes.crd;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The definitions of the mesh's own kinds, as they are written in this jar. */
public final class CustomResources {
    /** The kinds, in the order in which they are installed. */
    public static final List<Kind> KINDS = List.of(
            Kinds.MESH, Kinds.MESH_LINK, Kinds.TRAFFIC_POLICY, Kinds.ACCESS_POLICY, Kinds.TRAFFIC_SHIFT);

    private static final YAMLMapper YAML = YAMLMapper.builder().build();

    private CustomResources() {}

    /** A fresh tree of the definition of each kind. */
    public static List<ObjectNode> definitions() {
        return KINDS.stream().map(CustomResources::definition).toList();
    }

    /** A fresh tree of the definition of one of {@link #KINDS}. */
    public static ObjectNode definition(Kind kind) {
        String name = kind.singular() + ".yaml";
        try (InputStream content = CustomResources.class.getResourceAsStream(name)) {
            if (content == null) {
                throw new IllegalArgumentException(kind.name() + " has no definition");
            }
            return (ObjectNode) YAML.readTree(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
