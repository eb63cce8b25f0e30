package dev.meshctl.runtime.daemon;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.net.HostPort;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@link DaemonConfig} as JSON. Unknown fields are errors: most are misspelt ones. */
final class ConfigJson {
    static final int MAX_BYTES = 256 * 1024;

    private static final Set<String> FIELDS = Set.of(
            "cluster", "trustDomain", "node", "dataDir", "listen", "trustBridge", "controlPlane", "bundle", "tokens",
            "options");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final JsonNode root;

    private ConfigJson(JsonNode root) {
        this.root = root;
    }

    static DaemonConfig parse(Path file, byte[] content) throws ConfigException {
        try {
            return new ConfigJson(JSON.readTree(content)).parse();
        } catch (JacksonException e) {
            throw new ConfigException(file + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(file + ": " + e.getMessage(), e);
        }
    }

    static byte[] write(DaemonConfig config) {
        ObjectNode root = JSON.createObjectNode();
        root.put("cluster", config.cluster());
        root.put("trustDomain", config.trustDomain().name());
        root.put("node", config.node());
        root.put("dataDir", config.dataDir().toString());
        ObjectNode listen = root.putObject("listen");
        new TreeMap<>(config.listen()).forEach(listen::put);
        if (config.trustBridge() != null) {
            root.put("trustBridge", config.trustBridge().toString());
        }
        if (config.controlPlane() != null) {
            root.put("controlPlane", config.controlPlane().toString());
        }
        root.put("bundle", config.bundle().toString());
        root.put("tokens", config.tokens().toString());
        ObjectNode options = root.putObject("options");
        new TreeMap<>(config.options()).forEach(options::put);
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    private DaemonConfig parse() {
        if (!root.isObject()) {
            throw new IllegalArgumentException("must be a JSON object");
        }
        for (String field : root.propertyNames()) {
            if (!FIELDS.contains(field)) {
                throw new IllegalArgumentException("unknown field \"" + field + "\"");
            }
        }
        return new DaemonConfig(
                required("cluster", Function.identity()),
                required("trustDomain", TrustDomain::new),
                required("node", Function.identity()),
                required("dataDir", ConfigJson::path),
                strings("listen"),
                optional("trustBridge", HostPort::parse),
                optional("controlPlane", HostPort::parse),
                required("bundle", ConfigJson::path),
                required("tokens", ConfigJson::path),
                strings("options"));
    }

    private <T> T required(String field, Function<String, T> parse) {
        T value = optional(field, parse);
        if (value == null) {
            throw new IllegalArgumentException("\"" + field + "\" is missing");
        }
        return value;
    }

    private <T> @Nullable T optional(String field, Function<String, T> parse) {
        JsonNode node = root.path(field);
        if (node.isMissingNode() || node.isNull()) {
            return null;
        }
        try {
            return parse.apply(text(node));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"" + field + "\": " + e.getMessage(), e);
        }
    }

    private Map<String, String> strings(String field) {
        JsonNode node = root.path(field);
        Map<String, String> strings = new TreeMap<>();
        if (node.isMissingNode()) {
            return strings;
        }
        if (!node.isObject()) {
            throw new IllegalArgumentException("\"" + field + "\" must be an object");
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!entry.getValue().isString()) {
                throw new IllegalArgumentException("\"" + field + "." + entry.getKey() + "\" must be a string");
            }
            strings.put(entry.getKey(), entry.getValue().asString());
        }
        return strings;
    }

    private static String text(JsonNode node) {
        if (!node.isString()) {
            throw new IllegalArgumentException("must be a string");
        }
        return node.asString();
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("\"" + text + "\" is not a path", e);
        }
    }
}
