package dev.meshctl.api.resource;

import dev.meshctl.api.identity.TrustDomain;
import java.time.Duration;

/** Settings of a whole mesh; the only one is named {@code default}. */
public record Mesh(Metadata metadata, @Default("{}") Spec spec) implements Resource {
    public static final String NAME = "default";

    public Mesh {
        Check.that(metadata.name().equals(NAME), "metadata.name", "\"" + NAME + "\", a cluster has one mesh", metadata.name());
    }

    /**
     * The settings.
     *
     * @param trustDomain as the mesh was installed with; empty means just that, and it cannot be changed
     * @param accessLog one line for each request, in the proxy's log
     * @param telemetryWindow how often proxies push, 1 s to 60 s
     * @param idleUnsubscribe after how long a proxy lets go of a service that it no longer calls
     * @param region of this cluster, for balancing by locality
     */
    public record Spec(
            @Default("") String trustDomain,
            @Default("Strict") Mtls mtls,
            @Default("false") boolean accessLog,
            @Default("5s") Duration telemetryWindow,
            @Default("10m") Duration idleUnsubscribe,
            @Default("") String region,
            @Default("") String zone) {
        public Spec {
            if (!trustDomain.isEmpty()) {
                new TrustDomain(trustDomain);
            }
            Check.phrase(telemetryWindow.compareTo(Duration.ofSeconds(1)) >= 0
                            && telemetryWindow.compareTo(Duration.ofMinutes(1)) <= 0,
                    "telemetryWindow", "a duration from 1s to 1m", Durations.format(telemetryWindow));
            Check.duration(idleUnsubscribe, Duration.ofSeconds(10), "idleUnsubscribe");
            Check.optionalText(region, "region");
            Check.optionalText(zone, "zone");
        }
    }

    public enum Mtls {
        /** Every call between workloads is mTLS. */
        STRICT,
        /** Plain text is accepted too. */
        PERMISSIVE
    }

    @Override
    public Mesh withMetadata(Metadata other) {
        return new Mesh(other, spec);
    }
}
