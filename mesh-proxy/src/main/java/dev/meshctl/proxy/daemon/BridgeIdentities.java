package dev.meshctl.proxy.daemon;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.host.Identities;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.attest.WorkloadIdentity;
import dev.meshctl.runtime.identity.Svid;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Identities from the trust bridge of the mesh. */
record BridgeIdentities(TrustBridgeClient trustBridge, InstantSource clock) implements Identities {
    @Override
    public Lease attest(SpiffeId id, Path keystore, Supplier<Optional<String>> joinToken) throws IdentityException {
        return new RenewedLease(WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                id, trustBridge, new SvidKeystore(keystore), joinToken, clock)));
    }

    private record RenewedLease(WorkloadIdentity identity) implements Lease {
        @Override
        public Svid current() {
            return identity.current();
        }

        @Override
        public Subscription onChange(Consumer<Svid> listener) {
            return identity.onChange(listener);
        }

        @Override
        public void close() {
            identity.close();
        }
    }
}
