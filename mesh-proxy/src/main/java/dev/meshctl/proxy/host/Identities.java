package dev.meshctl.proxy.host;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.identity.SvidSource;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** How workloads get their identities. */
@FunctionalInterface
public interface Identities {
    /** An identity that renews itself until closed. */
    interface Lease extends SvidSource, AutoCloseable {
        @Override
        void close();
    }

    /**
     * Attests a workload, or takes a valid SVID from its keystore; blocks until there is one.
     *
     * @param joinToken asked when a token is needed; empty if there is none
     * @throws IdentityException with the named cause
     */
    Lease attest(SpiffeId id, Path keystore, Supplier<Optional<String>> joinToken) throws IdentityException;
}
