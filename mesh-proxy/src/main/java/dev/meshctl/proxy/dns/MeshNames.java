package dev.meshctl.proxy.dns;

import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.Discovery;
import dev.meshctl.runtime.daemon.Counters;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * Answers DNS queries: those for hosts of several clusters from the mesh, all others by the system's resolvers. A name of
 * this cluster is the resolvers' too; where they know none, the mesh may have a service of that name from another cluster.
 *
 * <p>Counted causes: {@code dns_malformed}, {@code dns_not_a_query}, {@code dns_not_implemented}, {@code dns_mesh},
 * {@code dns_mesh_unknown}, {@code dns_mesh_unavailable}, {@code dns_forwarded}.
 */
final class MeshNames {
    private static final byte[] NOTHING = {};

    private final Discovery discovery;
    private final VirtualAddresses addresses;
    private final Forwarder forwarder;
    private final BooleanSupplier ipv6;
    private final Counters counters;

    /** @param ipv6 the workload can reach IPv6 addresses at all */
    MeshNames(Discovery discovery, VirtualAddresses addresses, Forwarder forwarder, BooleanSupplier ipv6, Counters counters) {
        this.discovery = discovery;
        this.addresses = addresses;
        this.forwarder = forwarder;
        this.ipv6 = ipv6;
        this.counters = counters;
    }

    /** The answer; empty if there must be none. Never fails. */
    CompletionStage<byte[]> answer(byte[] message, boolean tcp) {
        return switch (Query.read(message)) {
            case Query.Read.Ignored ignored -> {
                counters.increment(ignored.cause());
                yield CompletableFuture.completedFuture(NOTHING);
            }
            case Query.Read.Refused refused -> {
                counters.increment(refused.cause());
                yield CompletableFuture.completedFuture(Answers.error(message, refused.code()));
            }
            case Query.Read.Of of -> answer(of.query(), tcp);
        };
    }

    private CompletionStage<byte[]> answer(Query query, boolean tcp) {
        Optional<MeshHost> host = query.dnsClass() == Query.INTERNET ? full(query.name()) : Optional.empty();
        if (host.isPresent() && !host.get().scope().equals(HostScope.LOCAL)) {
            return fromMesh(query, host.get());
        }
        counters.increment("dns_forwarded");
        CompletionStage<byte[]> forwarded = forwarder.forward(query, tcp);
        return host.isEmpty() ? forwarded : forwarded.thenCompose(answer -> Answers.code(answer) == Answers.NAME_ERROR
                ? fromMesh(query, host.get()) : CompletableFuture.completedFuture(answer));
    }

    // A short name means something only with the search list of the client, which has added it already.
    private static Optional<MeshHost> full(String name) {
        return MeshHost.parse(name, "default").filter(host -> host.toString().equals(name));
    }

    private CompletionStage<byte[]> fromMesh(Query query, MeshHost host) {
        return discovery.lookup(host).handle((discovered, failure) -> switch (discovered) {
            case Discovered.Found found -> {
                counters.increment("dns_mesh");
                found.service().touch();
                yield Answers.addresses(query, addresses(query, host, found.service().service().vips()));
            }
            case Discovered.NoSuchService none -> {
                counters.increment("dns_mesh_unknown");
                yield Answers.empty(query, Answers.NAME_ERROR);
            }
            case Discovered.Unavailable unavailable -> unavailable(query);
            case null -> unavailable(query);
        });
    }

    private byte[] unavailable(Query query) {
        counters.increment("dns_mesh_unavailable");
        return Answers.empty(query, Answers.SERVER_FAILURE);
    }

    private List<InetAddress> addresses(Query query, MeshHost host, List<InetAddress> vips) {
        boolean wantsIpv4 = query.type() == Query.A;
        if (!wantsIpv4 && query.type() != Query.AAAA) {
            return List.of();
        }
        if (!vips.isEmpty()) {
            return vips.stream().filter(vip -> vip instanceof Inet4Address == wantsIpv4).toList();
        }
        return wantsIpv4 || ipv6.getAsBoolean() ? List.of(addresses.of(host, !wantsIpv4)) : List.of();
    }
}
