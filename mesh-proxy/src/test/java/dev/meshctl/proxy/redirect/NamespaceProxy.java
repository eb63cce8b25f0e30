package dev.meshctl.proxy.redirect;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.dns.DnsServer;
import dev.meshctl.proxy.dns.ResolvConf;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.Discovery;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.inbound.InboundListener;
import dev.meshctl.proxy.outbound.OutboundListener;
import dev.meshctl.proxy.testing.FixedService;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.tls.WorkloadTls;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The data path of one workload, as a process of its own in a network namespace: listeners and what they are told, without
 * a control plane. Serves until its input ends.
 *
 * <p>Arguments: directory, own name, own address, port of the application, {@code transparent} or {@code proxy}, then what
 * it knows: {@code service=name@address:port} for a service of the mesh with its one endpoint, {@code vip=address=name} for
 * a virtual IP.
 */
final class NamespaceProxy implements Discovery {
    private final Map<String, Discovered> services = new java.util.HashMap<>();
    private final Map<InetAddress, Addressed> addresses = new java.util.HashMap<>();

    private NamespaceProxy() {}

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        String name = args[1];
        InetAddress address = InetAddress.getByName(args[2]);
        int appPort = Integer.parseInt(args[3]);
        NamespaceProxy known = new NamespaceProxy();
        for (int i = 5; i < args.length; i++) {
            known.learn(args[i]);
        }
        EventLoops loops = EventLoops.start(1);
        DnsServer dns = new DnsServer(known, loops, new ResolvConf(List.of(new InetSocketAddress("10.77.0.1", 53))),
                () -> true, new Counters());
        WorkloadScope scope = scope(directory, name, address, appPort, dns.discovery());
        if (args[4].equals("transparent")) {
            for (String loopback : new String[] {"127.0.0.1", "::1"}) {
                open(OutboundListener.openTransparent(new Scopes(scope), new InetSocketAddress(loopback, 15001), loops));
                System.out.println("DNS at " + dns.open(new InetSocketAddress(loopback, 15053)));
            }
            open(InboundListener.openTransparent(new Scopes(scope), new InetSocketAddress("::", 15006), loops));
        } else {
            open(OutboundListener.open(scope, new InetSocketAddress("127.0.0.1", 15001), loops));
            open(InboundListener.open(new Scopes(scope), new InetSocketAddress("::", 15006), loops));
        }
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // until the test is over
        }
        loops.close();
    }

    private static void open(CompletionStage<Listener> listener) {
        Listener opened = listener.toCompletableFuture().join();
        System.out.println("listening on " + opened.address());
    }

    private static WorkloadScope scope(Path directory, String name, InetAddress address, int appPort, Discovery known)
            throws Exception {
        Svid svid = new SvidKeystore(directory.resolve(name + ".pem")).load().orElseThrow();
        TrustDomain domain = svid.id().trustDomain();
        TrustBundle bundle = SpiffeJson.read(domain, Files.readAllBytes(directory.resolve("bundle.json")));
        Application app = new Application.Process(address,
                Map.of(SmallMesh.PORT, new AppPort(SmallMesh.PORT, appPort, Protocol.DETECT)));
        return new WorkloadScope(name, svid.id(), new ServiceName(name, "shop"), "v1", "west",
                new WorkloadTls(new Fixed(svid), () -> new Bundles(Map.of(domain, bundle))),
                () -> CompiledAccess.OPEN, () -> Files.exists(directory.resolve("permissive")), app, known,
                flow -> System.out.println("FLOW " + flow.direction() + " " + flow.protocol() + " mtls=" + flow.mtls()
                        + " to=" + flow.endpoint() + " status=" + flow.status() + " failure=" + flow.failure()),
                SmallMesh.PATIENT, new AtomicBoolean());
    }

    private record Fixed(Svid current) implements SvidSource {
        @Override
        public Subscription onChange(Consumer<Svid> listener) {
            return () -> {};
        }
    }

    private void learn(String fact) throws Exception {
        String[] parts = fact.split("=", 3);
        if (parts[0].equals("vip")) {
            addresses.put(InetAddress.getByName(parts[1]), new Addressed.VirtualIp(SmallMesh.host(parts[2])));
            return;
        }
        String name = parts[1].substring(0, parts[1].indexOf('@'));
        String place = parts[1].substring(parts[1].indexOf('@') + 1);
        int colon = place.lastIndexOf(':');
        InetSocketAddress at = new InetSocketAddress(
                InetAddress.getByName(place.substring(0, colon)), Integer.parseInt(place.substring(colon + 1)));
        SpiffeId identity = new SpiffeId(TrustDomain.ofCluster("west"), "shop", name);
        for (String host : List.of(SmallMesh.host(name).toString(), name + ".shop.svc.clusterset.local")) {
            services.put(host, new Discovered.Found(FixedService.of(
                    SmallMesh.service(name, Protocol.DETECT).setHost(host),
                    SmallMesh.endpoint(name + "-1", at, "v1", name, identity))));
        }
    }

    @Override
    public CompletionStage<Discovered> lookup(dev.meshctl.api.name.MeshHost host) {
        return CompletableFuture.completedFuture(services.getOrDefault(
                host.toString(), new Discovered.NoSuchService(List.of())));
    }

    @Override
    public CompletionStage<Addressed> lookup(InetAddress address) {
        return CompletableFuture.completedFuture(addresses.getOrDefault(address, new Addressed.Outside()));
    }
}
