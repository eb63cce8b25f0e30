package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What belongs to a link and not into its resource: the peer's bundle, the secret that is still to be
 * presented, and notes of trust domains whose bundle is still to be removed from the trust bridge.
 */
final class LinkFiles {
    private static final String BUNDLE = ".bundle.json";
    private static final String SECRET = ".secret";
    private static final String REMOVED = ".removed";

    private final Path directory;

    LinkFiles(Path directory) throws IOException {
        this.directory = PrivateDirectory.create(directory);
        DurableFile.sweep(directory);
    }

    void putBundle(String peer, TrustBundle bundle) throws IOException {
        DurableFile.write(directory.resolve(peer + BUNDLE), SpiffeJson.write(bundle), DurableFile.PRIVATE);
    }

    /** Empty if there is none, or none that can be read. */
    Optional<TrustBundle> bundle(String peer, TrustDomain trustDomain) throws IOException {
        Optional<byte[]> document = DurableFile.read(directory.resolve(peer + BUNDLE), SpiffeJson.MAX_BYTES);
        try {
            return document.map(d -> SpiffeJson.read(trustDomain, d));
        } catch (IllegalArgumentException e) {
            throw new IOException(directory.resolve(peer + BUNDLE) + ": " + e.getMessage(), e);
        }
    }

    void putSecret(String peer, JoinSecrets.Secret secret) throws IOException {
        String lines = secret.text() + "\n" + secret.expires() + "\n";
        DurableFile.write(directory.resolve(peer + SECRET), lines.getBytes(StandardCharsets.US_ASCII), DurableFile.PRIVATE);
    }

    Optional<JoinSecrets.Secret> secret(String peer) throws IOException {
        Path file = directory.resolve(peer + SECRET);
        Optional<byte[]> content = DurableFile.read(file, 1024);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        List<String> lines = new String(content.get(), StandardCharsets.US_ASCII).lines().toList();
        try {
            return Optional.of(new JoinSecrets.Secret(lines.getFirst(), Instant.parse(lines.getLast())));
        } catch (DateTimeParseException | NoSuchElementException e) {
            throw new IOException(file + " does not hold a secret and its end", e);
        }
    }

    void forgetSecret(String peer) throws IOException {
        DurableFile.delete(directory.resolve(peer + SECRET));
    }

    void forget(String peer) throws IOException {
        forgetSecret(peer);
        DurableFile.delete(directory.resolve(peer + BUNDLE));
    }

    void noteRemoval(TrustDomain trustDomain) throws IOException {
        DurableFile.write(directory.resolve(trustDomain.name() + REMOVED), new byte[0], DurableFile.PRIVATE);
    }

    void forgetRemoval(TrustDomain trustDomain) throws IOException {
        DurableFile.delete(directory.resolve(trustDomain.name() + REMOVED));
    }

    Set<TrustDomain> removals() throws IOException {
        Set<TrustDomain> found = new HashSet<>();
        for (String name : names(REMOVED)) {
            found.add(new TrustDomain(name));
        }
        return found;
    }

    /** Removes what a crash in the middle of linking or unlinking has left. */
    void keepOnly(Set<String> peers) throws IOException {
        Set<String> stored = names(BUNDLE);
        stored.addAll(names(SECRET));
        stored.removeAll(peers);
        for (String peer : stored) {
            forget(peer);
        }
    }

    private Set<String> names(String suffix) throws IOException {
        Set<String> names = new HashSet<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(suffix))
                    .forEach(n -> names.add(n.substring(0, n.length() - suffix.length())));
        }
        return names;
    }
}
