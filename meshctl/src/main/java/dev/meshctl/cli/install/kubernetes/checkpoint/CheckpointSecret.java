package dev.meshctl.cli.install.kubernetes.checkpoint;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.render.InstallStep;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A checkpoint as a Secret: labels for who lists, the rest as compressed JSON. A Secret, because values may tell more of a
 * network than whoever may read ConfigMaps should know. Keys of the CA are never in it.
 */
final class CheckpointSecret {
    static final String LABEL = "meshctl.dev/checkpoint";
    static final String STATE = "meshctl.dev/checkpoint-state";
    static final String TYPE = "meshctl.dev/checkpoint";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int FORMAT = 1;
    /** The API server takes 1 MiB of data. */
    private static final int MAX_COMPRESSED_BYTES = 700 * 1024;
    private static final int MAX_BYTES = 16 << 20;

    private CheckpointSecret() {}

    static Key key(int number) {
        return ObjectType.SECRET.key(Rendering.NAMESPACE, "meshctl-checkpoint-" + number);
    }

    static ObjectNode write(Checkpoint checkpoint) {
        ObjectNode secret = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Secret").put("type", TYPE);
        Key key = key(checkpoint.number());
        ObjectNode metadata = secret.putObject("metadata").put("name", key.name()).put("namespace", key.namespace());
        metadata.putObject("labels").put("app.kubernetes.io/managed-by", "meshctl").put("app.kubernetes.io/part-of", "meshctl")
                .put(LABEL, String.valueOf(checkpoint.number())).put(STATE, checkpoint.state().word());
        secret.putObject("data").put("checkpoint", compressed(content(checkpoint)));
        return secret;
    }

    private static ObjectNode content(Checkpoint checkpoint) {
        ObjectNode content = JSON.createObjectNode().put("format", FORMAT).put("version", checkpoint.version())
                .put("when", checkpoint.when().toString()).put("who", checkpoint.who()).put("what", checkpoint.what());
        ArrayNode revisions = content.putArray("revisions");
        checkpoint.release().revisions().forEach(revision -> write(revision, revisions.addObject()));
        ArrayNode objects = content.putArray("objects");
        checkpoint.release().objects().forEach(object -> objects.addObject()
                .put("step", object.step().name()).set("object", object.tree()));
        ArrayNode adopted = content.putArray("adopted");
        checkpoint.adopted().stream().sorted((a, b) -> a.toString().compareTo(b.toString())).forEach(key -> adopted.addObject()
                .put("apiVersion", key.apiVersion()).put("kind", key.kind()).put("namespace", key.namespace())
                .put("name", key.name()));
        return content;
    }

    private static void write(Deployed revision, ObjectNode to) {
        to.put("revision", revision.revision()).put("promoted", revision.promoted()).put("version", revision.version())
                .put("profile", revision.given().profile());
        ArrayNode files = to.putArray("files");
        revision.given().files().forEach(file -> files.addObject().put("name", file.name()).put("text", file.text()));
        ArrayNode settings = to.putArray("settings");
        revision.given().settings().forEach(settings::add);
    }

    /** @throws CliError if it was written by another version in a form that this one does not know, or is damaged */
    static Checkpoint read(ObjectNode secret) {
        String name = secret.path("metadata").path("name").asString("");
        try {
            JsonNode content = JSON.readTree(decompressed(secret.path("data").path("checkpoint").asString("")));
            if (content.path("format").asInt(0) != FORMAT) {
                throw new IllegalArgumentException("format " + content.path("format") + " is not known here");
            }
            return read(secret.path("metadata").path("labels"), content);
        } catch (IOException | JacksonException | IllegalArgumentException | DateTimeException e) {
            throw CliError.failed("cannot read a checkpoint").at("Secret " + Rendering.NAMESPACE + "/" + name)
                    .because(String.valueOf(e.getMessage()))
                    .next("use the version of meshctl that wrote it, or delete the Secret").from(e);
        }
    }

    private static Checkpoint read(JsonNode labels, JsonNode content) {
        List<Deployed> revisions = new ArrayList<>();
        content.path("revisions").forEach(node -> revisions.add(deployed(node)));
        List<RenderedObject> objects = new ArrayList<>();
        content.path("objects").forEach(node -> objects.add(new RenderedObject(
                InstallStep.valueOf(node.path("step").asString("")), (ObjectNode) node.path("object"))));
        Set<Key> adopted = new HashSet<>();
        content.path("adopted").forEach(node -> adopted.add(new Key(node.path("apiVersion").asString(""),
                node.path("kind").asString(""), node.path("namespace").asString(""), node.path("name").asString(""))));
        return new Checkpoint(Integer.parseInt(labels.path(LABEL).asString("")),
                State.valueOf(labels.path(STATE).asString("").toUpperCase(Locale.ROOT)), content.path("version").asString(""),
                Instant.parse(content.path("when").asString("")), content.path("who").asString(""),
                content.path("what").asString(""), new Release(revisions, objects), adopted,
                Optional.of(labels.path(TrustBackups.LABEL).asString("")).filter(name -> !name.isEmpty()));
    }

    private static Deployed deployed(JsonNode node) {
        List<GivenValues.File> files = new ArrayList<>();
        node.path("files").forEach(file -> files.add(
                new GivenValues.File(file.path("name").asString(""), file.path("text").asString(""))));
        List<String> settings = new ArrayList<>();
        node.path("settings").forEach(setting -> settings.add(setting.asString("")));
        return new Deployed(node.path("revision").asString(""), node.path("promoted").asBoolean(false),
                node.path("version").asString(""), new GivenValues(node.path("profile").asString(""), files, settings));
    }

    private static String compressed(ObjectNode content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(JSON.writeValueAsBytes(content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (bytes.size() > MAX_COMPRESSED_BYTES) {
            throw CliError.failed("the checkpoint is too large").because("%d bytes compressed, %d are the bound"
                    .formatted(bytes.size(), MAX_COMPRESSED_BYTES)).next("give fewer or smaller files of values");
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    private static byte[] decompressed(String text) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(text)))) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IllegalArgumentException("more than " + MAX_BYTES + " bytes");
            }
            return bytes;
        }
    }
}
