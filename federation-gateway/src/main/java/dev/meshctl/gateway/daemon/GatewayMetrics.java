package dev.meshctl.gateway.daemon;

import dev.meshctl.gateway.peering.Peers;
import dev.meshctl.gateway.relay.EastWestListener;
import dev.meshctl.runtime.daemon.Counters;
import java.util.Map;

/** The gateway's numbers as Prometheus text. */
final class GatewayMetrics {
    private GatewayMetrics() {}

    static String text(Counters counters, EastWestListener port, Peers.Count links, boolean controlPlane) {
        StringBuilder out = new StringBuilder(4096);
        single(out, "gateway_connections", "gauge", "Open client connections.", port.connections());
        single(out, "gateway_relayed_in_bytes_total", "counter", "Bytes relayed from clients.", port.bytesIn());
        single(out, "gateway_relayed_out_bytes_total", "counter", "Bytes relayed to clients.", port.bytesOut());
        single(out, "gateway_relay_errors_total", "counter", "Relays ended by an error.", port.relayErrors());
        single(out, "gateway_links", "gauge", "Links.", links.total());
        single(out, "gateway_links_active", "gauge", "Links whose peer is there.", links.active());
        single(out, "gateway_control_plane_connected", "gauge", "1 while the control plane is there.",
                controlPlane ? 1 : 0);
        head(out, "gateway_events_total", "counter", "What happened, by cause.");
        for (Map.Entry<String, Long> event : counters.snapshot().entrySet()) {
            out.append("meshctl_gateway_events_total{cause=\"").append(event.getKey()).append("\"} ")
                    .append(event.getValue()).append('\n');
        }
        return out.toString();
    }

    private static void single(StringBuilder out, String name, String type, String help, long value) {
        head(out, name, type, help);
        out.append("meshctl_").append(name).append(' ').append(value).append('\n');
    }

    private static void head(StringBuilder out, String name, String type, String help) {
        out.append("# HELP meshctl_").append(name).append(' ').append(help).append('\n')
                .append("# TYPE meshctl_").append(name).append(' ').append(type).append('\n');
    }
}
