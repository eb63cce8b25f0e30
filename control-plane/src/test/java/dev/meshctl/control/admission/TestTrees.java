package dev.meshctl.control.admission;

import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads YAML with another reader than the product's, by YAML 1.2, where the two do not differ. */
public final class TestTrees {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private TestTrees() {}

    public static List<JsonNode> read(String text) {
        List<JsonNode> trees = new ArrayList<>();
        LoadSettings settings = LoadSettings.builder().setSchema(new CoreSchema()).setAllowNonScalarKeys(false).build();
        new Load(settings).loadAllFromString(text).forEach(tree -> trees.add(JSON.valueToTree(tree)));
        return trees;
    }
}
