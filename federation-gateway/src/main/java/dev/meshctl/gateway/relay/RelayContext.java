package dev.meshctl.gateway.relay;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.socket.SilentPeers;
import java.net.InetAddress;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What all connections of one east-west port share.
 *
 * @param sourceAddress what dials to other clusters are bound to; null: the system chooses
 */
record RelayContext(Transport transport, RelayLimits limits, Destinations destinations, Names names,
        Refusals refusals, Relays relays, SilentPeers silentPeers, Counters counters, LongAdder bytesIn, LongAdder bytesOut, LongAdder relayErrors,
        @Nullable InetAddress sourceAddress) {}
