package dev.meshctl.cli.platform.local;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Keeps one fresh join token on disk for each identity of a daemon: made anew when it was used, and when half of
 * its life is over. The trust bridge gives tokens to the owner of its directory over its socket.
 */
final class TokenKeeper {
    static final Duration LIFE = Duration.ofHours(1);

    private static final Logger LOG = System.getLogger(TokenKeeper.class.getName());
    private static final Duration REPLACE_AFTER = LIFE.dividedBy(2);
    private static final long REPORT_EVERY = 240;

    private final ClusterDirectory directory;
    private final TrustDomain trustDomain;
    private final JoinTokens joinTokens;
    private final InstantSource clock;
    private long failures;

    /** Who makes tokens: the trust bridge of the cluster. */
    @FunctionalInterface
    interface JoinTokens {
        String create(SpiffeId id, Duration life) throws IOException;
    }

    TokenKeeper(ClusterDirectory directory, TrustDomain trustDomain, JoinTokens joinTokens, InstantSource clock) {
        this.directory = directory;
        this.trustDomain = trustDomain;
        this.joinTokens = joinTokens;
        this.clock = clock;
    }

    /** Replaces every token that is missing or old; to be called a few times a second. */
    void refresh() {
        for (Component component : Component.values()) {
            component.identities().forEach(identity -> refresh(component, identity));
        }
    }

    private void refresh(Component component, SystemIdentity identity) {
        Path file = directory.tokens(component).resolve(identity.serviceAccount() + ".token");
        try {
            if (!Files.exists(directory.trustSocket()) || isFresh(file)) {
                return;
            }
            String token = joinTokens.create(SpiffeId.of(trustDomain, identity), LIFE);
            PrivateDirectory.create(directory.tokens(component));
            DurableFile.write(file, token.getBytes(StandardCharsets.UTF_8), DurableFile.PRIVATE);
            failures = 0;
        } catch (IOException e) {
            // The trust bridge may be starting; a daemon with an SVID needs no token meanwhile.
            if (failures++ % REPORT_EVERY == 0) {
                LOG.log(Level.WARNING, "no join token for {0}: {1}", identity.serviceAccount(), e.getMessage());
            }
        }
    }

    private boolean isFresh(Path file) throws IOException {
        try {
            Instant written = Files.getLastModifiedTime(file).toInstant();
            return written.plus(REPLACE_AFTER).isAfter(clock.instant());
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
