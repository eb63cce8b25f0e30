package dev.meshctl.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.testing.TestAuthority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class WorkloadTlsTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");

    private final TestAuthority ca = new TestAuthority(WEST);
    private final List<Svid> asked = new ArrayList<>();

    /** One whose SVID is renewed just before anybody listens. */
    private final class RenewedInBetween implements SvidSource {
        private Svid current = svid();

        @Override
        public Svid current() {
            asked.add(current);
            return current;
        }

        @Override
        public Subscription onChange(Consumer<Svid> listener) {
            current = svid();
            return () -> {};
        }
    }

    private Svid svid() {
        return ca.issue(new SpiffeId(WEST, "shop", "web"), Duration.ofHours(1));
    }

    @Test
    void a_renewal_before_anybody_listens_is_in_use_too() {
        RenewedInBetween source = new RenewedInBetween();

        try (WorkloadTls tls = new WorkloadTls(source, () -> Bundles.NONE)) {
            assertThat(tls.server()).isNotNull();
            assertThat(asked.getLast()).as("what the contexts are of").isSameAs(source.current);
        }
    }
}
