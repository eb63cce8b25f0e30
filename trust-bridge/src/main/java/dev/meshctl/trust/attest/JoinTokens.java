package dev.meshctl.trust.attest;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Join tokens: 256 random bits that give one identity, once, until they expire. Only their SHA-256 is kept.
 * Every change is on disk before it takes effect, so that a used token stays used after a crash.
 */
public final class JoinTokens implements Attestor {
    /** The most tokens that are kept, used and expired ones included. */
    public static final int MAX_TOKENS = 10_000;
    /** The longest life of a token. */
    public static final Duration MAX_TTL = Duration.ofDays(1);

    private static final int TOKEN_BYTES = 32;
    private static final int MAX_TEXT = 128;
    private static final String PREFIX = "mjt_";
    /** Kept a while after their end, so that a late comer is told "expired" and not "unknown". */
    private static final Duration KEPT_AFTER_END = Duration.ofHours(1);

    private final TokenFile file;
    private final InstantSource clock;
    private final SecureRandom random;
    private Map<String, Entry> byHash;

    /**
     * Opens the tokens that the file holds; none if it is missing.
     *
     * @throws CorruptFileException if the file cannot be understood
     */
    public JoinTokens(Path file, InstantSource clock, SecureRandom random) throws IOException {
        this.file = new TokenFile(file);
        this.clock = clock;
        this.random = random;
        this.byHash = this.file.read();
    }

    /** A new token; this is the only time that it is seen. */
    public record Created(String token, Instant expires) {
        /** Never the token. */
        @Override
        public String toString() {
            return "Created[until " + expires + "]";
        }
    }

    record Entry(SpiffeId id, Instant expires, boolean used) {}

    /**
     * Makes a token for the identity.
     *
     * @param ttl one second to {@link #MAX_TTL}
     * @throws Refusal {@code ttl_out_of_bounds} or {@code too_many_tokens}
     * @throws IOException if it cannot be stored; then there is no token
     */
    public synchronized Created create(SpiffeId id, Duration ttl) throws Refusal, IOException {
        if (ttl.compareTo(Duration.ofSeconds(1)) < 0 || ttl.compareTo(MAX_TTL) > 0) {
            throw new Refusal(Kind.INVALID, "ttl_out_of_bounds",
                    "a join token lives 1 to " + MAX_TTL.toSeconds() + " s, not " + ttl.toSeconds());
        }
        Map<String, Entry> next = purged(KEPT_AFTER_END);
        if (next.size() >= MAX_TOKENS) {
            next = purged(Duration.ZERO);
        }
        if (next.size() >= MAX_TOKENS) {
            throw new Refusal(Kind.TOO_MANY, "too_many_tokens",
                    "there are " + MAX_TOKENS + " join tokens; wait until some expire");
        }
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Instant expires = Instant.ofEpochSecond(clock.instant().plus(ttl).getEpochSecond());
        next.put(hash(token), new Entry(id, expires, false));
        save(next);
        return new Created(token, expires);
    }

    @Override
    public void attest(String token, SpiffeId id) throws Refusal, IOException {
        consume(token, id);
    }

    /**
     * Uses up the token for the identity. A token is not used up by a wrong request.
     *
     * @throws Refusal {@code token_unknown}, {@code token_used}, {@code token_expired} or
     *     {@code token_for_other_identity}
     * @throws IOException if the use cannot be stored; then the token is not used
     */
    public synchronized void consume(String token, SpiffeId id) throws Refusal, IOException {
        if (token.isEmpty() || token.length() > MAX_TEXT) {
            throw denied("token_unknown", "no join token, or not one of this mesh's");
        }
        String hash = hash(token);
        Entry entry = byHash.get(hash);
        if (entry == null) {
            throw denied("token_unknown", "the join token is not known here; ask for a new one");
        }
        if (entry.used()) {
            throw denied("token_used", "the join token has been used; ask for a new one");
        }
        if (!clock.instant().isBefore(entry.expires())) {
            throw denied("token_expired", "the join token expired at " + entry.expires() + "; ask for a new one");
        }
        if (!entry.id().equals(id)) {
            throw denied("token_for_other_identity", "the join token does not give " + id);
        }
        Map<String, Entry> next = new HashMap<>(byHash);
        next.put(hash, new Entry(entry.id(), entry.expires(), true));
        save(next);
    }

    /** Forgets tokens whose end is long past. */
    public synchronized void purge() throws IOException {
        Map<String, Entry> next = purged(KEPT_AFTER_END);
        if (next.size() != byHash.size()) {
            save(next);
        }
    }

    /** How many are kept. */
    public synchronized int size() {
        return byHash.size();
    }

    private Map<String, Entry> purged(Duration keptAfterEnd) {
        Instant bound = clock.instant().minus(keptAfterEnd);
        Map<String, Entry> next = new HashMap<>(byHash);
        next.values().removeIf(entry -> !entry.expires().isAfter(bound));
        return next;
    }

    private void save(Map<String, Entry> next) throws IOException {
        file.write(next);
        byHash = next;
    }

    private static Refusal denied(String cause, String message) {
        return new Refusal(Kind.DENIED, cause, message);
    }

    private static String hash(String token) {
        try {
            return HexFormat.of().formatHex(
                    MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
