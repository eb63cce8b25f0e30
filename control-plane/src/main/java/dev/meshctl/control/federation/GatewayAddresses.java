package dev.meshctl.control.federation;

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

/** Where the own gateways listen, as they said last; on disk, one address a line. */
public final class GatewayAddresses {
    private static final System.Logger LOG = System.getLogger(GatewayAddresses.class.getName());
    private static final int MAX_ADDRESSES = 16;
    private static final int MAX_BYTES = 8192;

    private final Path file;
    private final Counters counters;
    private volatile List<HostPort> addresses;
    private volatile Optional<HostPort> literal;

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
        return addresses;
    }

    /** One for the own proxies to dial, its host an IP literal. */
    public Optional<HostPort> literal() {
        return literal;
    }

    /** Returns true if they are others than before. */
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
        return true;
    }

    private List<HostPort> parse(List<String> texts) {
        List<HostPort> parsed = new ArrayList<>();
        for (String text : texts.subList(0, Math.min(texts.size(), MAX_ADDRESSES))) {
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
