package dev.meshctl.trust.attest;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.trust.attest.JoinTokens.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The tokens' hashes as JSON, 0600. */
final class TokenFile {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Path file;

    TokenFile(Path file) {
        this.file = file;
    }

    Map<String, Entry> read() throws IOException {
        Optional<byte[]> content = DurableFile.read(file);
        if (content.isEmpty()) {
            return new HashMap<>();
        }
        try {
            JsonNode tokens = JSON.readTree(content.get()).path("tokens");
            if (!tokens.isArray()) {
                throw new IllegalArgumentException("\"tokens\" must be an array");
            }
            Map<String, Entry> entries = new HashMap<>();
            for (JsonNode token : tokens) {
                put(entries, token);
            }
            return entries;
        } catch (JacksonException | IllegalArgumentException e) {
            String why = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new CorruptFileException(
                    file, why, "remove it: join tokens that were not used yet are lost and must be made again", e);
        }
    }

    void write(Map<String, Entry> entries) throws IOException {
        ObjectNode document = JSON.createObjectNode();
        ArrayNode tokens = document.putArray("tokens");
        entries.forEach((hash, entry) -> tokens.addObject()
                .put("sha256", hash)
                .put("id", entry.id().toString())
                .put("expires", entry.expires().getEpochSecond())
                .put("used", entry.used()));
        DurableFile.write(file, JSON.writeValueAsBytes(document), DurableFile.PRIVATE);
    }

    private static void put(Map<String, Entry> entries, JsonNode token) {
        String hash = token.path("sha256").asString("");
        JsonNode expires = token.path("expires");
        JsonNode used = token.path("used");
        // A "used" that cannot be read must never mean "not used".
        if (!SHA256.matcher(hash).matches() || !expires.isIntegralNumber() || !used.isBoolean()) {
            throw new IllegalArgumentException("an entry lacks sha256, expires or used");
        }
        entries.put(hash, new Entry(
                SpiffeId.parse(token.path("id").asString("")),
                Instant.ofEpochSecond(expires.asLong()),
                used.asBoolean()));
    }
}
