package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.TrustBundle;

/** Where bundles of linked trust domains are kept: the trust bridge. Each call blocks, for a bounded time. */
public interface TrustBundles {
    /** Stores or replaces. */
    void put(TrustBundle bundle) throws Exception;

    /** Removes; removing what is not there is fine. */
    void remove(TrustDomain trustDomain) throws Exception;
}
