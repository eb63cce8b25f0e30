package dev.meshctl.cli.install.kubernetes.values;

import java.util.List;

/**
 * All settings of an installation, valid. Read by {@link ValuesReader}; {@link ValuesReference} writes them down
 * for users.
 */
public record Values(
        @Setting(doc = "Trust domain of the mesh; empty: `<cluster>.mesh`. Cannot be changed later.",
                format = Format.TRUST_DOMAIN)
        String trustDomain,
        @Setting(doc = "The image of all components.") Image image,
        @Setting(doc = "Which of several control planes this is, while one replaces another.") Revision revision,
        @Setting(doc = "The CA of the mesh.",
                is = "{replicas: 1, resources: {requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 256Mi}}}",
                ha = "{replicas: 2, resources: {requests: {cpu: 100m, memory: 192Mi}, limits: {memory: 384Mi}}}")
        TrustBridge trustBridge,
        @Setting(doc = "What configures the proxies.",
                is = "{replicas: 2, resources: {requests: {cpu: 200m, memory: 384Mi}, limits: {memory: 768Mi}}}",
                minimal = "{replicas: 1, resources: {requests: {cpu: 50m, memory: 192Mi}, limits: {memory: 384Mi}}}",
                ha = "{replicas: 3, resources: {requests: {cpu: 500m, memory: 768Mi}, limits: {memory: 1536Mi}}}")
        ControlPlane controlPlane,
        @Setting(doc = "The only process that other clusters reach.",
                is = "{replicas: 2, service: {type: LoadBalancer},"
                        + " resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}}",
                minimal = "{replicas: 1, service: {type: NodePort},"
                        + " resources: {requests: {cpu: 20m, memory: 96Mi}, limits: {memory: 192Mi}}}",
                ha = "{replicas: 3, service: {type: LoadBalancer},"
                        + " resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {memory: 512Mi}}}")
        Gateway gateway,
        @Setting(doc = "The webhook that adds proxies to pods.") Injection injection,
        @Setting(doc = "The proxy that is added to pods.",
                is = "{resources: {requests: {cpu: 50m, memory: 96Mi}, limits: {memory: 256Mi}}}",
                minimal = "{resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 192Mi}}}")
        Proxy proxy,
        @Setting(doc = "The webhook that refuses broken meshctl.dev objects.") Validation validation,
        @Setting(doc = "Who may connect to the mesh's own pods.") NetworkPolicies networkPolicies,
        @Setting(doc = "Addresses.") Network network,
        @Setting(doc = "Where the mesh's own pods run.") Scheduling scheduling,
        @Setting(doc = "As whom the mesh's own pods run.") Security security) {

    /** The image of all components. */
    public record Image(
            @Setting(doc = "Where it is, without tag.", is = "registry.meshctl.dev/meshctl", format = Format.IMAGE)
            String repository,
            @Setting(doc = "Empty: the version of meshctl.", format = Format.IMAGE_TAG) String tag,
            @Setting(doc = "`sha256:…`; if set, it decides, and the tag is for people.", format = Format.IMAGE_DIGEST)
            String digest,
            @Setting(doc = "When nodes fetch it.", is = "IfNotPresent") PullPolicy pullPolicy,
            @Setting(doc = "Secrets in `mesh-system` with credentials of the registry.", is = "[]", format = Format.SUBDOMAIN)
            List<String> pullSecrets) {
        /** When nodes fetch an image. */
        public enum PullPolicy { ALWAYS, IF_NOT_PRESENT, NEVER }
    }

    /** A control plane among several of one cluster. */
    public record Revision(
            @Setting(doc = "Its name. Namespaces choose it by the label `meshctl.dev/revision`.", is = "default",
                    format = Format.REVISION)
            String name,
            @Setting(doc = "Whether it also serves the namespaces that name no revision, the gateway and the checks of"
                    + " objects. Exactly one revision of a cluster does.", is = "true")
            boolean promoted) {
        /** The revision whose objects bear no revision in their names. */
        public static final String DEFAULT = "default";
    }

    /** The webhook that adds proxies to pods. */
    public record Injection(
            @Setting(doc = "What happens to pods of the mesh's namespaces while no control plane answers: `Fail`, they are"
                    + " not made; or `Ignore`, they are made without proxy. Other namespaces are never touched.", is = "Fail",
                    minimal = "Ignore")
            FailurePolicy failurePolicy,
            @Setting(doc = "How long the API server waits for it, in seconds.", is = "10", min = 1, max = 30)
            int timeoutSeconds,
            @Setting(doc = "Ports of pods that are reached past the proxy.", is = "[]", min = 1, max = 65535)
            List<Integer> excludeInboundPorts,
            @Setting(doc = "Ports that pods call past the proxy.", is = "[]", min = 1, max = 65535)
            List<Integer> excludeOutboundPorts,
            @Setting(doc = "Networks that pods call past the proxy.", is = "[]", format = Format.CIDR)
            List<String> excludeOutboundCidrs) {}

    /** The proxy that is added to pods. */
    public record Proxy(@Setting(doc = "Of each proxy.") Resources resources) {}

    /** The webhook that refuses broken objects. */
    public record Validation(
            @Setting(doc = "What happens to changes of meshctl.dev objects while no control plane answers: `Fail`, they are"
                    + " refused; or `Ignore`, only the schema checks them.", is = "Fail")
            FailurePolicy failurePolicy) {}

    /** What the API server does without an answer of a webhook. */
    public enum FailurePolicy { FAIL, IGNORE }

    /** Who may connect to the mesh's own pods. */
    public record NetworkPolicies(
            @Setting(doc = "Whether they are made.", is = "true", minimal = "false") boolean enabled,
            @Setting(doc = "Namespaces that may read metrics; none: all.", is = "[]", format = Format.LABEL)
            List<String> metricsFrom) {}

    /** Addresses. */
    public record Network(
            @Setting(doc = "What pods and Services have: `IPv4`, `IPv6`, or `Dual`, both.", is = "IPv4") IpFamily ipFamily) {
        /** What addresses pods and Services have. */
        public enum IpFamily { IPV4, IPV6, DUAL }
    }

    /** As whom the mesh's own pods run. */
    public record Security(
            @Setting(doc = "User and group, never 0 in the pod; 0 leaves the choice to the cluster, as OpenShift wants it.",
                    is = "65532", max = 4_294_967_294L)
            long runAsUser) {}
}
