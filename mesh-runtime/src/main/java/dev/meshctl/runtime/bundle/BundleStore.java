package dev.meshctl.runtime.bundle;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A durable set of bundles. A change is on disk before {@link #current()} shows it. Safe for use by several
 * threads; reading never waits for the disk.
 */
public final class BundleStore implements BundleSource {
    /** The most bundles that one store holds. */
    public static final int MAX_BUNDLES = 1000;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Path file;
    private volatile Bundles bundles;

    /**
     * Opens the store; a missing file is an empty store.
     *
     * @throws CorruptFileException if the file is there but does not hold bundles
     * @throws IOException if it cannot be read
     */
    public BundleStore(Path file) throws IOException {
        this.file = file;
        Optional<byte[]> content = DurableFile.read(file);
        this.bundles = content.isPresent() ? parse(file, content.get()) : Bundles.NONE;
    }

    @Override
    public Bundles current() {
        return bundles;
    }

    /** Replaces all bundles. */
    public synchronized void replace(Bundles replacement) throws IOException {
        if (!replacement.equals(bundles)) {
            save(replacement);
        }
    }

    /**
     * Adds or replaces the bundle of its trust domain.
     *
     * @return false if exactly this bundle was there already
     * @throws IOException if it cannot be written or there are {@link #MAX_BUNDLES} already; nothing has changed
     */
    public synchronized boolean put(TrustBundle bundle) throws IOException {
        if (bundle.equals(bundles.byTrustDomain().get(bundle.trustDomain()))) {
            return false;
        }
        Map<TrustDomain, TrustBundle> next = new HashMap<>(bundles.byTrustDomain());
        next.put(bundle.trustDomain(), bundle);
        save(new Bundles(next));
        return true;
    }

    /** Removes the bundle of the trust domain; false if there was none. */
    public synchronized boolean remove(TrustDomain trustDomain) throws IOException {
        Map<TrustDomain, TrustBundle> next = new HashMap<>(bundles.byTrustDomain());
        if (next.remove(trustDomain) == null) {
            return false;
        }
        save(new Bundles(next));
        return true;
    }

    private void save(Bundles next) throws IOException {
        if (next.byTrustDomain().size() > MAX_BUNDLES) {
            throw new IOException(file + " would hold more than " + MAX_BUNDLES + " bundles; remove unused links");
        }
        ObjectNode document = JSON.createObjectNode();
        ObjectNode entries = document.putObject("bundles");
        new TreeMap<>(next.byTrustDomain()).forEach((trustDomain, bundle) ->
                entries.put(trustDomain.name(), new String(SpiffeJson.write(bundle), StandardCharsets.UTF_8)));
        DurableFile.write(file, JSON.writeValueAsBytes(document), DurableFile.PRIVATE);
        bundles = next;
    }

    private static Bundles parse(Path file, byte[] content) throws CorruptFileException {
        try {
            JsonNode entries = JSON.readTree(content).path("bundles");
            if (!entries.isObject()) {
                throw new IllegalArgumentException("\"bundles\" must be an object");
            }
            Map<TrustDomain, TrustBundle> parsed = new HashMap<>();
            for (Map.Entry<String, JsonNode> entry : entries.properties()) {
                TrustDomain trustDomain = new TrustDomain(entry.getKey());
                byte[] document = entry.getValue().asString().getBytes(StandardCharsets.UTF_8);
                parsed.put(trustDomain, SpiffeJson.read(trustDomain, document));
            }
            return new Bundles(parsed);
        } catch (JacksonException | IllegalArgumentException e) {
            String why = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new CorruptFileException(
                    file, why, "restore it from a backup, or remove it and link the meshes again", e);
        }
    }
}
