package dev.meshctl.control.federation;

import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The secrets of tokens that this side has accepted and its gateway still has to present, stored until the peer
 * has taken them or they expire.
 */
final class JoinSecrets {
    private static final System.Logger LOG = System.getLogger(JoinSecrets.class.getName());

    private final LinkFiles files;
    private final InstantSource clock;
    private final Counters counters;
    private final Map<String, Secret> byPeer = new ConcurrentHashMap<>();

    /** What is to be presented, and until when the peer takes it. */
    record Secret(String text, Instant expires) {
        /** Never the secret. */
        @Override
        public String toString() {
            return "Secret[until " + expires + "]";
        }
    }

    JoinSecrets(LinkFiles files, InstantSource clock, Counters counters) {
        this.files = files;
        this.clock = clock;
        this.counters = counters;
    }

    /** @throws IOException if the peer's file cannot be understood */
    void load(String peer) throws IOException {
        files.secret(peer).ifPresent(secret -> byPeer.put(peer, secret));
    }

    /** Whoever leads now has them. */
    void forgetAll() {
        byPeer.clear();
    }

    /** Stored when this returns. */
    void put(String peer, Secret secret) throws IOException {
        files.putSecret(peer, secret);
        byPeer.put(peer, secret);
    }

    Optional<String> of(String peer) {
        return Optional.ofNullable(byPeer.get(peer)).map(Secret::text);
    }

    /** The peers that have not taken their secret in time. */
    List<String> expired() {
        Instant now = clock.instant();
        return byPeer.entrySet().stream()
                .filter(entry -> !now.isBefore(entry.getValue().expires()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** The secret is of no more use. Returns whether there was one. */
    boolean end(String peer) {
        if (byPeer.remove(peer) == null) {
            return false;
        }
        try {
            files.forgetSecret(peer);
        } catch (IOException e) {
            counters.increment("link_secret_not_removed");
            LOG.log(System.Logger.Level.WARNING, "the secret of the link to {0} is of no more use but could not be removed: {1}",
                    peer, e.getMessage());
        }
        return true;
    }
}
