package dev.meshctl.control.snapshot;

import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.config.AddressedWorkload;
import dev.meshctl.api.proto.config.PortMapping;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.WorkloadPort;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Optional;

/**
 * What has an address, for proxies that intercept connections and know no more of them. Loopback addresses are not
 * compiled: they mean something else on each machine, and nobody intercepts there.
 */
final class AddressResources {
    /** As many as proxies take. */
    private static final int MAX_OTHERS = 63;

    private AddressResources() {}

    /** Of a virtual IP; empty if the text is none. */
    static Optional<ConfigResource> virtualIp(String vip, String host) {
        return name(vip).map(name -> ConfigResource.of(
                ConfigType.ADDRESS, name, Address.newBuilder().setAddress(name).setHost(host).build()));
    }

    /** Of an own workload. */
    static Optional<ConfigResource> workload(HostedWorkload workload) {
        return name(workload.getInboundAddress()).map(name -> ConfigResource.of(
                ConfigType.ADDRESS, name, Address.newBuilder().setAddress(name).setWorkload(of(workload)).build()));
    }

    /** One address of which several services tell: the first one has the say, others add the same workload as theirs. */
    static ConfigResource together(Collection<ConfigResource> ofServices) {
        ConfigResource first = ofServices.iterator().next();
        if (ofServices.size() == 1) {
            return first;
        }
        Address.Builder all = first.message(Address.parser()).toBuilder();
        for (ConfigResource other : ofServices.stream().skip(1).toList()) {
            Address address = other.message(Address.parser());
            if (all.hasWorkload() && address.hasWorkload() && address.getWorkload().getId().equals(all.getWorkload().getId())
                    && all.getOthersCount() < MAX_OTHERS) {
                all.addOthers(address.getWorkload());
            }
        }
        return ConfigResource.of(ConfigType.ADDRESS, all.getAddress(), all.build());
    }

    private static AddressedWorkload of(HostedWorkload workload) {
        return AddressedWorkload.newBuilder()
                .setId(workload.getId())
                .setService(workload.getService())
                .setNamespace(workload.getNamespace())
                .setVersion(workload.getVersion())
                .addAllPorts(workload.getPortsList().stream().map(AddressResources::port).toList())
                .build();
    }

    private static PortMapping port(WorkloadPort port) {
        return PortMapping.newBuilder()
                .setServicePort(port.getServicePort())
                .setAppPort(port.getAppPort())
                .setProtocol(ServicePorts.protocol(port.getProtocol()))
                .build();
    }

    /** The canonical text, as proxies write it (RFC 5952). */
    private static Optional<String> name(String literal) {
        // Without a look at the rest: on a local cluster all are such.
        if (literal.isEmpty() || literal.startsWith("127.")) {
            return Optional.empty();
        }
        InetAddress address = NetUtil.createInetAddressFromIpAddressString(literal);
        return address == null || address.isLoopbackAddress() ? Optional.empty() : Optional.of(NetUtil.toAddressString(address));
    }
}
