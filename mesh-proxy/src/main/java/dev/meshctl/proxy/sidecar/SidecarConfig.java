package dev.meshctl.proxy.sidecar;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.net.HostPort;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a sidecar is told by its environment, which the injector writes.
 *
 * @param identity of the pod
 * @param tokenFile the projected service account token, which the kubelet renews
 * @param bundleFile the bundle of the mesh, SPIFFE JSON or PEM
 * @param stateDirectory the proxy's own, below the volume that it may write to
 * @param podIps the primary one first
 * @param probes of the application
 * @param ending how long it has to end
 * @param ports where it listens; 0: any
 */
public record SidecarConfig(
        String cluster,
        SpiffeId identity,
        HostPort controlPlane,
        HostPort trustBridge,
        Path tokenFile,
        Path bundleFile,
        Path stateDirectory,
        String logLevel,
        String podName,
        List<InetAddress> podIps,
        AppProbes probes,
        Ending ending,
        Ports ports) {
    private static final int MAX_DRAIN_SECONDS = 86_400;

    /**
     * Where a sidecar listens; the redirect and the pod's definition say the same.
     *
     * @param outside for what comes from outside of the pod, by whichever interface
     */
    public record Ports(InetAddress outside, int outbound, int inbound, int dns, int metrics, int admin) {
        static final Ports WELL_KNOWN =
                new Ports(new InetSocketAddress(0).getAddress(), 15001, 15006, 15053, 15020, 15000);
    }

    /**
     * What the pod's definition says of its end.
     *
     * @param gracePeriod of the pod, for all of its containers
     * @param longestDrain the proxy ends within it, even if the grace period allows more; empty: as long as that allows
     */
    public record Ending(Duration gracePeriod, Optional<Duration> longestDrain) {
        /** Of a pod that says nothing. */
        public static final Ending USUAL = new Ending(Duration.ofSeconds(30), Optional.empty());
    }

    public SidecarConfig {
        podIps = List.copyOf(podIps);
        if (podIps.isEmpty()) {
            throw new IllegalArgumentException("a pod has at least one address");
        }
    }

    /**
     * Reads an environment.
     *
     * @throws ConfigException names the variable and what is wrong with it
     */
    public static SidecarConfig read(Map<String, String> environment) throws ConfigException {
        Environment env = new Environment(environment);
        return new SidecarConfig(
                env.text("MESHCTL_CLUSTER"),
                identity(env),
                env.read("MESHCTL_CONTROL_PLANE", HostPort::parse),
                env.read("MESHCTL_TRUST_BRIDGE", HostPort::parse),
                env.read("MESHCTL_TOKEN_FILE", Path::of),
                env.read("MESHCTL_TRUST_BUNDLE_FILE", Path::of),
                env.read("MESHCTL_STATE_DIR", Path::of).resolve("proxy"),
                environment.getOrDefault("MESHCTL_LOG_LEVEL", "info"),
                env.text("MESHCTL_POD_NAME"),
                env.read("MESHCTL_POD_IPS", SidecarConfig::addresses),
                env.readIfSet("MESHCTL_APP_PROBES", AppProbes::parse, AppProbes.NONE),
                ending(env),
                Ports.WELL_KNOWN);
    }

    private static SpiffeId identity(Environment env) throws ConfigException {
        TrustDomain domain = env.read("MESHCTL_TRUST_DOMAIN", TrustDomain::new);
        String namespace = env.text("MESHCTL_POD_NAMESPACE");
        return env.read("MESHCTL_SERVICE_ACCOUNT", account -> new SpiffeId(domain, namespace, account));
    }

    private static Ending ending(Environment env) throws ConfigException {
        return new Ending(
                env.readIfSet("MESHCTL_GRACE_PERIOD_SECONDS",
                        text -> seconds(text, Integer.MAX_VALUE), Ending.USUAL.gracePeriod()),
                env.readIfSet("MESHCTL_DRAIN_SECONDS",
                        text -> Optional.of(seconds(text, MAX_DRAIN_SECONDS)), Ending.USUAL.longestDrain()));
    }

    private static Duration seconds(String text, int max) {
        long seconds = text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Long.MAX_VALUE : Long.parseLong(text);
        if (seconds > max) {
            throw new IllegalArgumentException("expected seconds from 0 to %d, found \"%s\"".formatted(max, text));
        }
        return Duration.ofSeconds(seconds);
    }

    private static List<InetAddress> addresses(String text) {
        return Arrays.stream(text.split(",", -1)).map(String::strip).map(literal -> {
            InetAddress address = NetUtil.createInetAddressFromIpAddressString(literal);
            if (address == null) {
                throw new IllegalArgumentException("\"" + literal + "\" is no IP address");
            }
            return address;
        }).toList();
    }

    /** Unique in the mesh. */
    public String node() {
        return podName + "." + identity.namespace();
    }

    /** The primary address. */
    public InetAddress address() {
        return podIps.getFirst();
    }

    /** True if the pod has an IPv6 address. */
    public boolean ipv6() {
        return podIps.stream().anyMatch(address -> address.getAddress().length == 16);
    }

    /** Where the workload's own listeners are: only the pod reaches them. */
    List<InetSocketAddress> loopback(int port) {
        InetSocketAddress ipv4 = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
        return ipv6() ? List.of(ipv4, new InetSocketAddress(InetAddress.ofLiteral("::1"), port)) : List.of(ipv4);
    }

    /** Where DNS is answered. */
    public List<InetSocketAddress> dnsAddresses() {
        return loopback(ports.dns());
    }

    private record Environment(Map<String, String> values) {
        String text(String name) throws ConfigException {
            String value = values.getOrDefault(name, "");
            if (value.isBlank()) {
                throw new ConfigException("the environment lacks " + name
                        + "; a sidecar is started by the injector, other proxies with --config FILE");
            }
            return value;
        }

        <T> T read(String name, Function<String, T> parser) throws ConfigException {
            String text = text(name);
            try {
                return parser.apply(text);
            } catch (IllegalArgumentException e) {
                throw new ConfigException("environment variable " + name + ": " + e.getMessage(), e);
            }
        }

        <T> T readIfSet(String name, Function<String, T> parser, T otherwise) throws ConfigException {
            return values.getOrDefault(name, "").isBlank() ? otherwise : read(name, parser);
        }
    }
}
