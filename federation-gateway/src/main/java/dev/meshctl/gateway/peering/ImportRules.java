package dev.meshctl.gateway.peering;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a peer may say of a service. A peer speaks for its own cluster and its own trust domain only:
 * whatever names another is not taken over, for it could turn callers of this mesh towards somebody they
 * did not mean.
 */
final class ImportRules {
    static final int MAX_SERVICES = 10_000;
    /** Of one service, serialised, in bytes. */
    static final int MAX_SERVICE_BYTES = 256 * 1024;
    /** Of all services of a peer, in bytes; leaves room in one message to the control plane. */
    static final int MAX_TOTAL_BYTES = 8 * 1024 * 1024;

    private static final int MAX_PORTS = 64;
    private static final int MAX_VERSIONS = 32;
    private static final int MAX_IDENTITIES = 64;
    private static final int MAX_TEXT = 128;

    private final String peer;
    private final TrustDomain peerDomain;

    ImportRules(String peer, TrustDomain peerDomain) {
        this.peer = peer;
        this.peerDomain = peerDomain;
    }

    /** A rule is broken; the cause is a metric label. */
    static final class Broken extends Exception {
        private static final long serialVersionUID = 1L;
        private final String cause;

        Broken(String cause, String message) {
            super(message, null, false, false);
            this.cause = cause;
        }

        String label() {
            return cause;
        }
    }

    /** Throws if the service may not be imported at all. */
    void check(ExportedService service) throws Broken {
        require(service.getCluster().equals(peer), "foreign_cluster",
                "it is said to be of cluster \"" + service.getCluster() + "\"");
        require(DnsLabel.isValid(service.getName()) && DnsLabel.isValid(service.getNamespace()), "bad_name",
                "its name is not valid");
        require(service.getSerializedSize() <= MAX_SERVICE_BYTES, "too_large",
                "it has " + service.getSerializedSize() + " bytes of at most " + MAX_SERVICE_BYTES);
        require(!service.getResourceVersion().isEmpty() && service.getResourceVersion().length() <= MAX_TEXT,
                "bad_version", "its resource version is empty or longer than " + MAX_TEXT);
        checkPorts(service);
        require(service.getVersionsCount() <= MAX_VERSIONS, "too_many_versions",
                "it has " + service.getVersionsCount() + " versions of at most " + MAX_VERSIONS);
        Set<String> versions = new HashSet<>();
        for (ExportedVersion version : service.getVersionsList()) {
            require(versions.add(version.getVersion()), "bad_version", "a version is there twice");
            checkVersion(version);
        }
    }

    private static void checkPorts(ExportedService service) throws Broken {
        require(service.getPortsCount() <= MAX_PORTS, "too_many_ports",
                "it has " + service.getPortsCount() + " ports of at most " + MAX_PORTS);
        for (ExportedPort port : service.getPortsList()) {
            require(port.getNumber() >= 1 && port.getNumber() <= 65535 && port.getName().length() <= MAX_TEXT
                    && port.getProtocol().length() <= MAX_TEXT, "bad_port", "one of its ports is not valid");
        }
    }

    private void checkVersion(ExportedVersion version) throws Broken {
        require(version.getVersion().isEmpty() || DnsLabel.isValid(version.getVersion()), "bad_version",
                "one of its versions has a name that is not valid");
        require(version.getReady() >= 0 && version.getTotal() >= 0 && version.getRegion().length() <= MAX_TEXT
                && version.getZone().length() <= MAX_TEXT, "bad_version", "one of its versions is not valid");
        require(version.getIdentitiesCount() >= 1 && version.getIdentitiesCount() <= MAX_IDENTITIES,
                "bad_identity", "a version must have 1 to " + MAX_IDENTITIES + " identities");
        for (String identity : version.getIdentitiesList()) {
            checkIdentity(identity);
        }
    }

    private void checkIdentity(String identity) throws Broken {
        try {
            require(SpiffeId.parse(identity).trustDomain().equals(peerDomain), "foreign_identity",
                    "it names the identity " + identity + ", which is not of " + peerDomain);
        } catch (IllegalArgumentException e) {
            throw new Broken("bad_identity", "it names an identity that is not valid");
        }
    }

    private static void require(boolean kept, String cause, String message) throws Broken {
        if (!kept) {
            throw new Broken(cause, message);
        }
    }

    /**
     * True if the routes may be taken over: they can be read, and send requests and connections to the service itself
     * or to services of the peer's cluster, never to one of this mesh.
     */
    boolean mayRoute(ExportedService service) {
        if (service.getHttpRoutes().isEmpty()) {
            return true;
        }
        try {
            Service carried = Service.parseFrom(service.getHttpRoutes());
            return Stream.concat(
                            carried.getHttpRoutesList().stream().flatMap(route -> route.getBackendsList().stream()),
                            carried.getConnectionRoutesList().stream().flatMap(route -> route.getBackendsList().stream()))
                    .allMatch(backend -> isOfPeer(backend.getHost(), service));
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }

    private boolean isOfPeer(String host, ExportedService service) {
        return host.isEmpty() || host.endsWith(".svc." + peer + ".mesh")
                || host.startsWith(ExportSet.keyOf(service) + ".svc.");
    }
}
