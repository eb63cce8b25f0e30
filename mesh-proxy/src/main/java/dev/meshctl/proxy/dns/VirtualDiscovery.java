package dev.meshctl.proxy.dns;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.Discovery;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Discovery that also knows the addresses which this proxy's DNS has made up. */
record VirtualDiscovery(Discovery discovery, VirtualAddresses addresses) implements Discovery {
    @Override
    public CompletionStage<Discovered> lookup(MeshHost host) {
        return discovery.lookup(host);
    }

    @Override
    public CompletionStage<Addressed> lookup(InetAddress address) {
        if (!VirtualAddresses.contains(address)) {
            return discovery.lookup(address);
        }
        return CompletableFuture.completedFuture(addresses.at(address)
                .<Addressed>map(Addressed.VirtualIp::new).orElseGet(Addressed.Forgotten::new));
    }
}
