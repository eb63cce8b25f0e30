package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;

/** A server that the CLI talks to in a cluster, and whom it expects there. */
public sealed interface Destination {
    /** Who must be at the other end. */
    SpiffeId identity(TrustDomain cluster);

    /** For people, after "the". */
    String inWords();

    /** A part of the mesh; where it has several pods, one that is ready. */
    record Part(SystemIdentity part) implements Destination {
        @Override
        public SpiffeId identity(TrustDomain cluster) {
            return SpiffeId.of(cluster, part);
        }

        @Override
        public String inWords() {
            return part.serviceAccount();
        }
    }

    /** A port of a given pod on Kubernetes. */
    record InPod(String namespace, String pod, String serviceAccount, int port, String inWords) implements Destination {
        /** Where the sidecar of a pod listens for the admin. */
        private static final int PROXY_ADMIN_PORT = 15000;

        /** The proxy of a pod, which has the pod's identity and listens on the pod's loopback. */
        public static InPod proxy(String namespace, String pod, String serviceAccount) {
            return new InPod(namespace, pod, serviceAccount, PROXY_ADMIN_PORT, "proxy of pod " + namespace + "/" + pod);
        }

        @Override
        public SpiffeId identity(TrustDomain cluster) {
            return new SpiffeId(cluster, namespace, serviceAccount);
        }
    }

    /** One pod of several of a part of the mesh. */
    record Replica(SystemIdentity part, String pod) implements Destination {
        @Override
        public SpiffeId identity(TrustDomain cluster) {
            return SpiffeId.of(cluster, part);
        }

        @Override
        public String inWords() {
            return part.serviceAccount() + " in pod " + pod;
        }
    }
}
