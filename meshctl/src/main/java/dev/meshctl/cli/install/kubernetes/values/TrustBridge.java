package dev.meshctl.cli.install.kubernetes.values;

import java.time.Duration;

/** The CA of the mesh. */
public record TrustBridge(
        @Setting(doc = "How many. All sign; one of them, by lease, rotates keys.", is = "1", min = 1, max = 5) int replicas,
        @Setting(doc = "How long an identity is valid; it is renewed from half of it.", is = "1h", min = 60, max = 86_400)
        Duration svidTtl,
        @Setting(doc = "Of each replica.") Resources resources) {}
