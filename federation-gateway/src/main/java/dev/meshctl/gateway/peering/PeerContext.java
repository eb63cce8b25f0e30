package dev.meshctl.gateway.peering;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.gateway.state.Uplink;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/**
 * What all links of this gateway share.
 *
 * @param cluster this cluster
 * @param version of this gateway; empty if it is not known
 * @param epoch of this gateway's run; sequences count from 1 within it
 * @param addresses where other clusters dial this gateway now
 */
record PeerContext(String cluster, TrustDomain trustDomain, String version, String epoch, Supplier<ExportSet> exports,
        Supplier<List<String>> addresses, LinkBundles bundles, Uplink uplink, InstantSource clock, Counters counters) {
    TrustBundle ownBundle() {
        return bundles.own().orElseThrow(() -> new IllegalStateException("a gateway always has its own bundle"));
    }
}
