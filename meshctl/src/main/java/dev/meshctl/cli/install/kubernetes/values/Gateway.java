package dev.meshctl.cli.install.kubernetes.values;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The only process that other clusters reach. */
public record Gateway(
        @Setting(doc = "Whether there is one. Without it the mesh cannot be linked.", is = "true") boolean enabled,
        @Setting(doc = "How many.", is = "1", min = 1, max = 50) int replicas,
        @Setting(doc = "How other clusters reach it.") Exposure service,
        @Setting(doc = "`HOST:PORT` that other clusters are told to dial; none: what the Service has.", is = "[]",
                format = Format.HOST_PORT)
        List<String> advertise,
        @Setting(doc = "Networks whose connections may go on to other clusters; none: all but known gateways.", is = "[]",
                format = Format.CIDR)
        List<String> transitSources,
        @Setting(doc = "Open connections of each replica; more are refused.", is = "8192", min = 1, max = 1_000_000)
        int maxConnections,
        @Setting(doc = "After how long without a byte a connection is closed.", is = "1h", min = 1, max = 604_800)
        Duration idleTimeout,
        @Setting(doc = "Of each replica.") Resources resources) {

    /** How other clusters reach it. */
    public record Exposure(
            @Setting(doc = "`LoadBalancer`, or `NodePort` on all nodes.", is = "LoadBalancer") Type type,
            @Setting(doc = "Port on the nodes; 0: the cluster chooses one.", is = "0", max = 65_535) int nodePort,
            @Setting(doc = "Which load balancer, where there are several.", format = Format.QUALIFIED_NAME)
            String loadBalancerClass,
            @Setting(doc = "Networks that the load balancer lets in; none: all.", is = "[]", format = Format.CIDR)
            List<String> sourceRanges,
            @Setting(doc = "`Cluster`; or `Local`, which keeps the address of the caller and one hop less.", is = "Cluster")
            TrafficPolicy externalTrafficPolicy,
            @Setting(doc = "Of the Service, as cloud load balancers read them.", is = "{}") Map<String, String> annotations) {
        /** How a Service is reached from outside. */
        public enum Type { LOAD_BALANCER, NODE_PORT }

        /** To which nodes' pods a node relays. */
        public enum TrafficPolicy { CLUSTER, LOCAL }

        public Exposure {
            require(type == Type.LOAD_BALANCER || loadBalancerClass.isEmpty(), "loadBalancerClass");
            require(type == Type.LOAD_BALANCER || sourceRanges.isEmpty(), "sourceRanges");
        }

        private static void require(boolean holds, String setting) {
            if (!holds) {
                throw new WrongSetting(setting, "only for type LoadBalancer");
            }
        }
    }
}
