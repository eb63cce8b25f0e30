package dev.meshctl.control.federation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The secrets of link tokens that this mesh has made: only their hashes, in a record. Each counts once. The
 * peer that used one may present it again, with the same bundle, when it did not hear the answer.
 */
final class LinkSecrets {
    static final Duration DEFAULT_TTL = Duration.ofMinutes(15);
    static final Duration MAX_TTL = Duration.ofHours(24);

    private static final int MAX_OUTSTANDING = 256;
    private static final int SECRET_BYTES = 32;
    /** Expired secrets are remembered so long, to be told from unknown ones. */
    private static final Duration REMEMBERED = Duration.ofHours(1);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final String RECORD = "tokens.json";
    private static final int MAX_BYTES = 512 * 1024;

    private final LinkRecords records;
    private final InstantSource clock;
    private final RandomGenerator random;
    /** What they were read from. */
    private Optional<byte[]> record = Optional.empty();
    private List<Secret> secrets;

    /** @param user {@code <cluster> <trust domain> <bundle digest>} of the peer that used it; empty: unused */
    private record Secret(String hash, Instant expires, String forCluster, String user) {}

    /** Who presents a secret. */
    record Presenter(String cluster, String trustDomain, String bundleDigest) {
        String text() {
            return cluster + " " + trustDomain + " " + bundleDigest;
        }
    }

    record Created(String secret, Instant expires) {}

    LinkSecrets(LinkRecords records, InstantSource clock, RandomGenerator random) throws IOException {
        this.records = records;
        this.clock = clock;
        this.random = random;
        this.secrets = records.shared() ? List.of() : stored();
    }

    private List<Secret> stored() throws IOException {
        record = records.read(RECORD, MAX_BYTES);
        return record.isPresent() ? parse(record.get()) : List.of();
    }

    /** Another replica may have led since. */
    private void lookAgain() throws IOException {
        if (records.shared()) {
            secrets = stored();
        }
    }

    /** Makes a secret of 256 bits. */
    synchronized Created create(Duration ttl, String forCluster) throws LinkException, IOException {
        lookAgain();
        List<Secret> next = remembered();
        if (next.size() >= MAX_OUTSTANDING) {
            throw new LinkException(LinkException.Cause.TOO_MANY_TOKENS, "there are " + next.size()
                    + " link tokens of the last hours already; use one of them, or wait until they expire");
        }
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Instant expires = clock.instant().plus(ttl);
        next.add(new Secret(hash(secret), expires, forCluster, ""));
        save(next);
        return new Created(secret, expires);
    }

    /**
     * Uses up a secret; stored before this returns.
     *
     * @throws LinkException if it does not entitle the presenter
     */
    synchronized void consume(String secret, Presenter presenter) throws LinkException, IOException {
        lookAgain();
        Secret found = find(hash(secret));
        if (found == null) {
            throw new LinkException(LinkException.Cause.TOKEN_UNKNOWN,
                    "this mesh has made no such token; make a new one with `meshctl link create`");
        }
        if (!found.user().isEmpty() && !found.user().equals(presenter.text())) {
            throw new LinkException(LinkException.Cause.TOKEN_USED,
                    "the token has been used already; make a new one with `meshctl link create`");
        }
        if (!clock.instant().isBefore(found.expires())) {
            throw new LinkException(LinkException.Cause.TOKEN_EXPIRED, "the token expired at " + found.expires()
                    + "; make a new one with `meshctl link create`");
        }
        if (!found.forCluster().isEmpty() && !found.forCluster().equals(presenter.cluster())) {
            throw new LinkException(LinkException.Cause.TOKEN_FOR_OTHER_CLUSTER, "the token is for cluster "
                    + found.forCluster() + ", not for " + presenter.cluster() + "; make one with `meshctl link create`");
        }
        List<Secret> next = remembered();
        next.remove(found);
        next.add(new Secret(found.hash(), found.expires(), found.forCluster(), presenter.text()));
        save(next);
    }

    /** Whether the secret is used up, and by this very presenter, who may not have heard so. */
    synchronized boolean wasUsedBy(String secret, Presenter presenter) throws IOException {
        lookAgain();
        Secret found = find(hash(secret));
        return found != null && found.user().equals(presenter.text());
    }

    private @Nullable Secret find(String hash) {
        for (Secret secret : secrets) {
            if (MessageDigest.isEqual(secret.hash().getBytes(StandardCharsets.US_ASCII),
                    hash.getBytes(StandardCharsets.US_ASCII))) {
                return secret;
            }
        }
        return null;
    }

    private List<Secret> remembered() {
        Instant limit = clock.instant().minus(REMEMBERED);
        return new ArrayList<>(secrets.stream().filter(s -> s.expires().isAfter(limit)).toList());
    }

    private void save(List<Secret> next) throws IOException {
        ArrayNode list = JSON.createArrayNode();
        for (Secret secret : next) {
            ObjectNode entry = list.addObject();
            entry.put("hash", secret.hash());
            entry.put("expires", secret.expires().toEpochMilli());
            entry.put("forCluster", secret.forCluster());
            entry.put("user", secret.user());
        }
        byte[] content = JSON.writeValueAsBytes(list);
        records.replace(RECORD, record, content);
        record = Optional.of(content);
        secrets = List.copyOf(next);
    }

    private List<Secret> parse(byte[] content) throws IOException {
        try {
            List<Secret> read = new ArrayList<>();
            JsonNode entries = JSON.readTree(content);
            if (!entries.isArray()) {
                throw new IllegalArgumentException("it is no list");
            }
            entries.forEach(entry -> read.add(secret(entry)));
            return List.copyOf(read);
        } catch (JacksonException | IllegalArgumentException e) {
            throw records.broken(RECORD, String.valueOf(e.getMessage()), e);
        }
    }

    private static Secret secret(JsonNode entry) {
        JsonNode expires = entry.path("expires");
        JsonNode user = entry.path("user");
        // A "user" that cannot be read must never mean "unused".
        if (!entry.path("hash").isString() || !expires.isIntegralNumber() || !user.isString()
                || !entry.path("forCluster").isString()) {
            throw new IllegalArgumentException("an entry lacks hash, expires, forCluster or user");
        }
        return new Secret(entry.path("hash").asString(), Instant.ofEpochMilli(expires.asLong()),
                entry.path("forCluster").asString(), user.asString());
    }

    private static String hash(String secret) {
        return HexFormat.of().formatHex(LinkToken.sha256(secret));
    }
}
