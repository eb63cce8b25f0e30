package dev.meshctl.control.registry.local;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.WorkloadPort;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a proxy may report of a workload. */
final class WorkloadCheck {
    private static final Pattern ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{0,252}");
    private static final Pattern IP_LITERAL = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
    private static final int MAX_PORTS = 64;

    private WorkloadCheck() {}

    /** The reason to reject the workload; empty if it is fine. */
    static Optional<String> reject(HostedWorkload workload, TrustDomain own) {
        if (!ID.matcher(workload.getId()).matches()) {
            return Optional.of("its id must be 1 to 253 letters, digits, dots, hyphens or underscores");
        }
        if (!DnsLabel.isValid(workload.getNamespace())) {
            return Optional.of("namespace \"" + workload.getNamespace() + "\" is not an RFC 1123 label");
        }
        if (!workload.getVersion().isEmpty() && !DnsLabel.isValid(workload.getVersion())) {
            return Optional.of("version \"" + workload.getVersion() + "\" is not an RFC 1123 label");
        }
        Optional<String> identity = rejectIdentity(workload, own);
        if (identity.isPresent() || workload.getService().isEmpty()) {
            return identity;
        }
        return rejectServer(workload);
    }

    private static Optional<String> rejectIdentity(HostedWorkload workload, TrustDomain own) {
        SpiffeId id;
        try {
            id = SpiffeId.parse(workload.getSpiffeId());
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        if (!id.trustDomain().equals(own)) {
            return Optional.of("identity " + id + " is not of this mesh's trust domain " + own);
        }
        if (!id.namespace().equals(workload.getNamespace())) {
            return Optional.of("identity " + id + " is not of the workload's namespace " + workload.getNamespace());
        }
        return Optional.empty();
    }

    private static Optional<String> rejectServer(HostedWorkload workload) {
        if (!DnsLabel.isValid(workload.getService())) {
            return Optional.of("service \"" + workload.getService() + "\" is not an RFC 1123 label");
        }
        if (!IP_LITERAL.matcher(workload.getInboundAddress()).matches()) {
            return Optional.of("inbound address \"" + workload.getInboundAddress() + "\" is not an IP literal");
        }
        if (!isPort(workload.getInboundPort())) {
            return Optional.of("inbound port " + workload.getInboundPort() + " is not 1 to 65535");
        }
        if (workload.getPortsCount() > MAX_PORTS) {
            return Optional.of("it has more than " + MAX_PORTS + " ports");
        }
        for (WorkloadPort port : workload.getPortsList()) {
            if (!isPort(port.getServicePort()) || !isPort(port.getAppPort())) {
                return Optional.of("port " + port.getServicePort() + ":" + port.getAppPort() + " is not 1 to 65535");
            }
        }
        return Optional.empty();
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 65535;
    }
}
