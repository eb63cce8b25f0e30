package dev.meshctl.cli.install.kubernetes.values;

/** What configures the proxies. */
public record ControlPlane(
        @Setting(doc = "How many. All serve; one of them, by lease, writes.", is = "1", min = 1, max = 15) int replicas,
        @Setting(doc = "The region of this cluster, for nodes that name none.", format = Format.LABEL_VALUE) String region,
        @Setting(doc = "The zone of this cluster, for nodes that name none.", format = Format.LABEL_VALUE) String zone,
        @Setting(doc = "Of each replica.") Resources resources) {}
