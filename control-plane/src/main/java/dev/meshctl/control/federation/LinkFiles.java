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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What belongs to a link and not into its resource: the peer's bundle, which all replicas find in the shared records until the
 * trust bridge has it, the secret that is still to be presented, and notes of trust domains whose bundle is still to be removed from the trust bridge.
 */
final class LinkFiles {
    private static final String BUNDLE = ".bundle.json";
    private static final String SECRET = ".secret";
    private static final String REMOVED = ".removed";
    private static final String UNTOLD = ".untold";
    private static final byte[] REMOVAL = {'1'};

    private final Path directory;
    private final LinkRecords records;

    /**
     * @param directory of the bundles
     * @param records of all else
     */
    LinkFiles(Path directory, LinkRecords records) throws IOException {
        this.directory = PrivateDirectory.create(directory);
        this.records = records;
        DurableFile.sweep(directory);
    }

    void putBundle(String peer, TrustBundle bundle) throws IOException {
        if (records.shared()) {
            records.write(peer + UNTOLD, SpiffeJson.write(bundle));
        }
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

    /** The peers whose bundle the trust bridge is not known to have. */
    Set<String> untold() throws IOException {
        return records(UNTOLD);
    }

    /** Empty if there is none. */
    Optional<TrustBundle> untold(String peer, TrustDomain trustDomain) throws IOException {
        try {
            return records.read(peer + UNTOLD, SpiffeJson.MAX_BYTES).map(d -> SpiffeJson.read(trustDomain, d));
        } catch (IllegalArgumentException e) {
            throw records.broken(peer + UNTOLD, String.valueOf(e.getMessage()), e);
        }
    }

    /** The trust bridge has it. */
    void told(String peer) throws IOException {
        records.delete(peer + UNTOLD);
    }

    void putSecret(String peer, JoinSecrets.Secret secret) throws IOException {
        String lines = secret.text() + "\n" + secret.expires() + "\n";
        records.write(peer + SECRET, lines.getBytes(StandardCharsets.US_ASCII));
    }

    Optional<JoinSecrets.Secret> secret(String peer) throws IOException {
        Optional<byte[]> content = records.read(peer + SECRET, 1024);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        List<String> lines = new String(content.get(), StandardCharsets.US_ASCII).lines().toList();
        try {
            return Optional.of(new JoinSecrets.Secret(lines.getFirst(), Instant.parse(lines.getLast())));
        } catch (DateTimeParseException | NoSuchElementException e) {
            throw records.broken(peer + SECRET, "it does not hold a secret and its end", e);
        }
    }

    void forgetSecret(String peer) throws IOException {
        records.delete(peer + SECRET);
    }

    void forget(String peer) throws IOException {
        forgetSecret(peer);
        told(peer);
        DurableFile.delete(directory.resolve(peer + BUNDLE));
    }

    void noteRemoval(TrustDomain trustDomain) throws IOException {
        records.write(trustDomain.name() + REMOVED, REMOVAL);
    }

    void forgetRemoval(TrustDomain trustDomain) throws IOException {
        records.delete(trustDomain.name() + REMOVED);
    }

    /** Without records whose name, which nobody has written here, is that of no trust domain. */
    Set<TrustDomain> removals() throws IOException {
        return records(REMOVED).stream().filter(TrustDomain::isValid).map(TrustDomain::new).collect(Collectors.toSet());
    }

    /** Removes what a crash in the middle of linking or unlinking has left. */
    void keepOnly(Set<String> peers) throws IOException {
        Set<String> stored = bundles();
        stored.addAll(secrets());
        stored.removeAll(peers);
        for (String peer : stored) {
            forget(peer);
        }
    }

    /** The peers that a secret is still to be presented to. */
    Set<String> secrets() throws IOException {
        return records(SECRET);
    }

    private Set<String> records(String suffix) throws IOException {
        return without(suffix, records.names().stream());
    }

    private Set<String> bundles() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return without(BUNDLE, files.map(f -> f.getFileName().toString()));
        }
    }

    private static Set<String> without(String suffix, Stream<String> names) {
        Set<String> found = new HashSet<>();
        names.filter(n -> n.endsWith(suffix)).forEach(n -> found.add(n.substring(0, n.length() - suffix.length())));
        return found;
    }
}
