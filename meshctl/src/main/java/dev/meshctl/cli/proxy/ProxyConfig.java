package dev.meshctl.cli.proxy;

import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Times;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a proxy has in use, as it said itself, and whether that is what it should have.
 *
 * @param dump the proxy's own JSON
 */
public record ProxyConfig(ProxyRef proxy, JsonNode dump, ProxySync sync) {
    /** One thing that the proxy has. */
    public record Line(String proxy, String kind, String name, String state, String detail, Style style) {}

    /** The whole of it, with {@code proxy} and {@code sync} before what the proxy said. */
    public Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("proxy", proxy.name());
        data.put("sync", sync.toData());
        dump.properties().forEach(field -> data.put(field.getKey(), JsonMapper.shared().convertValue(field.getValue(), Object.class)));
        return data;
    }

    /** What a person wants to know of it, a line for each thing. */
    public List<Line> lines(InstantSource clock) {
        List<Line> lines = new ArrayList<>();
        lines.add(line("proxy", dump.path("node").asString(""), sync.state().toString(), sync.why(),
                sync.state() == ProxySync.State.IN_SYNC ? Style.GOOD : Style.BAD));
        dump.path("controlPlane").path("types").properties().forEach(type -> {
            if (type.getValue().path("nacks").asLong(0) > 0) {
                lines.add(line("refusals", type.getKey(), "counted", type.getValue().path("nacks").asLong(0)
                        + " since its start, the last: " + type.getValue().path("lastNack").asString(""), Style.WARN));
            }
        });
        dump.path("workloads").forEach(workload -> workload(lines, workload, clock.instant()));
        JsonNode settings = dump.path("settings");
        lines.add(line("settings", "mesh", settings.path("permissive").asBoolean(false) ? "permissive" : "strict",
                "access log " + (settings.path("accessLog").asBoolean(false) ? "on" : "off")
                        + ", telemetry each " + settings.path("telemetryWindowMs").asLong(0) + " ms", Style.PLAIN));
        dump.path("bundles").forEach(bundle -> lines.add(line("bundle", bundle.path("trustDomain").asString(""), "in use",
                "sequence " + bundle.path("sequence").asLong(0) + ", " + bundle.path("authorities").asInt(0)
                        + (bundle.path("authorities").asInt(0) == 1 ? " authority" : " authorities"),
                Style.PLAIN)));
        dump.path("hosts").forEach(host -> lines.add(host(host)));
        return lines;
    }

    private void workload(List<Line> lines, JsonNode workload, Instant now) {
        boolean ready = workload.path("ready").asBoolean(false);
        String service = workload.path("service").asString("");
        String version = workload.path("version").asString("");
        String inbound = workload.path("listeners").path("inbound").asString("");
        lines.add(line("workload", workload.path("id").asString(""),
                workload.path("draining").asBoolean(false) ? "draining" : ready ? "ready" : "not ready",
                (service.isEmpty() ? "of no service" : "of " + service + "." + workload.path("namespace").asString("")
                        + (version.isEmpty() ? "" : ", version " + version))
                        + (inbound.isEmpty() ? "" : ", called at " + inbound),
                ready ? Style.GOOD : Style.WARN));
        Duration left = left(workload.path("svidNotAfter").asString(""), now);
        lines.add(line("identity", workload.path("identity").asString(""), left.isNegative() ? "ended" : "valid",
                left.isNegative() ? Times.brief(left.negated()) + " ago" : "for " + Times.brief(left),
                left.isNegative() ? Style.BAD : Style.GOOD));
    }

    private static Duration left(String notAfter, Instant now) {
        try {
            return Duration.between(now, Instant.parse(notAfter));
        } catch (DateTimeParseException e) {
            return Duration.ofSeconds(-1);
        }
    }

    private Line host(JsonNode host) {
        List<JsonNode> endpoints = host.path("endpoints").valueStream().toList();
        long usable = endpoints.stream().filter(each -> !each.path("ejected").asBoolean(false)
                && !each.path("health").asString("").equals("unhealthy")).count();
        String clusters = endpoints.stream().map(each -> each.path("cluster").asString("")).filter(name -> !name.isEmpty())
                .distinct().sorted().collect(Collectors.joining(", "));
        int routes = host.path("routes").size();
        return line("host", host.path("host").asString(""), host.path("state").asString(""),
                usable + " of " + endpoints.size() + " endpoints usable" + (clusters.isEmpty() ? "" : " in " + clusters)
                        + (routes == 0 ? "" : ", " + routes + (routes == 1 ? " route" : " routes"))
                        + (host.path("fromDisk").asBoolean(false) ? ", kept on disk and not confirmed yet" : ""),
                endpoints.isEmpty() || usable > 0 ? Style.PLAIN : Style.BAD);
    }

    private Line line(String kind, String name, String state, String detail, Style style) {
        return new Line(proxy.name(), kind, name, state, detail, style);
    }
}
