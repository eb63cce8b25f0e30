package dev.meshctl.control.store;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a write of several files one: what is about to be written is stored first, so that a crash in
 * between is made good at the next start. An intent that is on disk is decided; it is carried out, never
 * taken back.
 */
final class IntentLog {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;

    IntentLog(Path root) {
        this.file = root.resolve("intent.log");
    }

    void write(List<Outcome> outcomes) throws IOException {
        ObjectNode document = JSON.createObjectNode();
        ArrayNode puts = document.putArray("put");
        ArrayNode removes = document.putArray("remove");
        for (Outcome outcome : outcomes) {
            if (outcome.after().isPresent()) {
                puts.add(ResourceWriter.json(outcome.after().get()));
            } else {
                removes.addObject()
                        .put("kind", outcome.key().kind())
                        .put("namespace", outcome.key().namespace())
                        .put("name", outcome.key().name());
            }
        }
        DurableFile.write(file, JSON.writeValueAsBytes(document), DurableFile.PRIVATE);
    }

    /** The intent that was not carried out to its end, if there is one. */
    Optional<List<Outcome>> read() throws IOException {
        Optional<byte[]> content = DurableFile.read(file);
        return content.isEmpty() ? Optional.empty() : Optional.of(parse(content.get()));
    }

    private List<Outcome> parse(byte[] content) throws CorruptFileException {
        try {
            JsonNode document = JSON.readTree(content);
            if (!document.path("put").isArray() || !document.path("remove").isArray()) {
                throw new IllegalArgumentException("\"put\" and \"remove\" must be lists");
            }
            List<Outcome> outcomes = new ArrayList<>();
            for (JsonNode put : document.path("put")) {
                Resource resource = ResourceParser.parseOne(file.toString(), put.asString(), "");
                outcomes.add(new Outcome(resource.key(), Optional.empty(), Optional.of(resource)));
            }
            for (JsonNode remove : document.path("remove")) {
                ResourceKey key = new ResourceKey(
                        text(remove, "kind"), text(remove, "namespace"), text(remove, "name"));
                outcomes.add(new Outcome(key, Optional.empty(), Optional.empty()));
            }
            return outcomes;
        } catch (JacksonException | InvalidResource | IllegalArgumentException e) {
            throw new CorruptFileException(file, String.valueOf(e.getMessage()),
                    "remove it, then apply again what was being applied when the control plane stopped", e);
        }
    }

    private static String text(JsonNode node, String field) {
        if (!node.path(field).isString()) {
            throw new IllegalArgumentException("an entry lacks " + field);
        }
        return node.path(field).asString();
    }

    void clear() throws IOException {
        DurableFile.delete(file);
    }
}
