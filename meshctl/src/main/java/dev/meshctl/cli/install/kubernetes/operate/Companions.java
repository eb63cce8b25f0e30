package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.render.InstallStep;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Definitions of others, as of Gateway API, that are applied with the mesh and belong to the cluster from then on. */
public final class Companions {
    /** How large a manifest may be, in MiB. The channels of Gateway API have one to three. */
    public static final int MAX_MIB = 16;

    private static final int MAX = 200;
    private static final YAMLMapper YAML = YAMLMapper.builder(YAMLFactory.builder()
            .loadSettings(LoadSettings.builder().setCodePointLimit(MAX_MIB << 20).build()).build()).build();

    private Companions() {}

    /**
     * Reads the definitions of a manifest; other objects in it are left alone.
     *
     * @throws CliError if it is no YAML, or has no definitions
     */
    public static List<RenderedObject> read(String file, String text) {
        List<RenderedObject> definitions = new ArrayList<>();
        try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(text)) {
            while (documents.hasNext() && definitions.size() < MAX) {
                if (documents.next() instanceof ObjectNode tree && tree.path("kind").asString("").equals(ObjectType.CRD.kind())
                        && tree.path("apiVersion").asString("").equals(ObjectType.CRD.apiVersion())) {
                    tree.remove("status");
                    definitions.add(new RenderedObject(InstallStep.KINDS_OF_OTHERS, tree));
                }
            }
        } catch (JacksonException e) {
            throw CliError.usage("cannot read " + file).because(e.getOriginalMessage()).from(e);
        }
        if (definitions.isEmpty()) {
            throw CliError.usage("there are no CustomResourceDefinitions in " + file)
                    .next("give the file with the CRDs, as standard-install.yaml of Gateway API");
        }
        return definitions;
    }
}
