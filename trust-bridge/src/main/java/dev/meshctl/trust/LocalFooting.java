package dev.meshctl.trust;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.Quarantine;
import dev.meshctl.trust.attest.JoinTokens;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.bundle.BundleKeeper;
import dev.meshctl.trust.bundle.LinkedBundleFile;
import dev.meshctl.trust.rotation.Upkeep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** All state in the data directory, which no other process uses. */
final class LocalFooting {
    private static final Duration EVERY = Duration.ofSeconds(1);

    private LocalFooting() {}

    static Footing open(DaemonConfig config, InstantSource clock, Counters counters) throws IOException {
        Path dataDir = config.dataDir();
        SecureRandom random = new SecureRandom();
        CertificateAuthority authority = CertificateAuthority.open(
                dataDir, config.trustDomain(), clock, random, !Files.exists(dataDir.resolve(TrustBridge.BUNDLE_FILE)));
        authority.rotateIssuingIfDue();
        Path tokenFile = dataDir.resolve("join-tokens.json");
        JoinTokens tokens = Quarantine.open(
                tokenFile, counters, "join_tokens_corrupt", () -> new JoinTokens(tokenFile, clock, random));
        Path linkedFile = dataDir.resolve("linked-bundles.json");
        BundleKeeper bundles = new BundleKeeper(authority.bundle(), Quarantine.open(
                linkedFile, counters, "linked_bundles_corrupt", () -> new LinkedBundleFile(linkedFile)), clock);
        Upkeep.Rounds rounds = new Upkeep.Rounds("trust-upkeep", EVERY, List.of(
                new Upkeep.Step("issuing_key_not_rotated", authority::rotateIssuingIfDue),
                new Upkeep.Step("tokens_not_purged", () -> {
                    tokens.purge();
                    return true;
                })));
        return new Footing(authority, tokens, bundles, List.of(rounds), List.of());
    }
}
