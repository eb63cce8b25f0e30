package dev.meshctl.control.federation;

import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.Quarantine;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where the own gateways are dialled: as the platform has it, else as they said last, which is on disk, one address a
 * line.
 */
public final class GatewayAddresses {
    private static final System.Logger LOG = System.getLogger(GatewayAddresses.class.getName());
    private static final int MAX_BYTES = 8192;

    private final Path file;
    private final Counters counters;
    private volatile List<HostPort> addresses;
    private volatile Optional<HostPort> literal;
    private volatile Optional<GatewayReach> platform = Optional.empty();

    public GatewayAddresses(Path file, Counters counters) throws IOException {
        this.file = file;
        this.counters = counters;
        String stored = Quarantine.open(
                file, counters, "gateway_addresses_corrupt", () -> DurableFile.read(file, MAX_BYTES)).map(b -> new String(b, StandardCharsets.UTF_8)).orElse("");
        this.addresses = parse(stored.lines().toList());
        this.literal = literal(addresses);
    }

    /** All, as other clusters reach them. */
    public List<HostPort> all() {
        return platform.map(GatewayReach::outside).orElse(addresses);
    }

    /** What gateways are to be told of themselves; none if they know it best. */
    List<HostPort> told() {
        return platform.map(GatewayReach::outside).orElse(List.of());
    }

    /** Why other clusters cannot dial the gateway, and what to do; empty if nothing is known to be wrong. */
    public String problem() {
        return platform.map(GatewayReach::problem).orElse("");
    }

    /** One for the own proxies to dial, its host an IP literal. */
    public Optional<HostPort> literal() {
        return platform.isPresent() ? platform.get().inside() : literal;
    }

    /** Takes over what the platform has. Returns true if it is something else than before. */
    public boolean know(Optional<GatewayReach> reach) {
        if (reach.equals(platform)) {
            return false;
        }
        platform = reach;
        return true;
    }

    /** Takes over what a gateway said. Returns true if that is something else than before, and counts. */
    boolean update(List<String> reported) {
        List<HostPort> next = parse(reported);
        if (next.isEmpty() || next.equals(addresses)) {
            return false;
        }
        addresses = next;
        literal = literal(next);
        try {
            String text = next.stream().map(HostPort::toString).collect(Collectors.joining("\n"));
            DurableFile.write(file, text.getBytes(StandardCharsets.UTF_8), DurableFile.PRIVATE);
        } catch (IOException e) {
            counters.increment("gateway_addresses_not_stored");
            LOG.log(System.Logger.Level.WARNING, "the gateway''s addresses are in use but not on disk: {0}", e.getMessage());
        }
        return platform.isEmpty();
    }

    private List<HostPort> parse(List<String> texts) {
        List<HostPort> parsed = new ArrayList<>();
        for (String text : texts.subList(0, Math.min(texts.size(), GatewayReach.MAX_ADDRESSES))) {
            try {
                parsed.add(HostPort.parse(text));
            } catch (IllegalArgumentException e) {
                counters.increment("gateway_address_invalid");
            }
        }
        return List.copyOf(parsed);
    }

    private Optional<HostPort> literal(List<HostPort> all) {
        for (HostPort address : all) {
            InetSocketAddress resolved = address.toSocketAddress();
            if (!resolved.isUnresolved()) {
                return Optional.of(HostPort.of(resolved));
            }
            counters.increment("gateway_address_unresolved");
        }
        return Optional.empty();
    }
}
