package dev.meshctl.trust;

import dev.meshctl.trust.attest.Attestor;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.bundle.BundleKeeper;
import dev.meshctl.trust.rotation.Upkeep;
import java.util.List;

/**
 * What a trust bridge stands on, which is another thing on each platform.
 *
 * @param upkeep what has to happen again and again, one thread for each
 * @param closing what ends with the trust bridge, in this order
 */
public record Footing(
        CertificateAuthority authority, Attestor attestor, BundleKeeper bundles, List<Upkeep.Rounds> upkeep,
        List<AutoCloseable> closing) {}
