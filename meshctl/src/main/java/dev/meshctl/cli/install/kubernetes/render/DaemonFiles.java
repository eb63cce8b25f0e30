package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.values.Gateway;
import dev.meshctl.cli.install.kubernetes.values.Resources;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.Words;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The files that the daemons read. */
final class DaemonFiles {
    /** What the parts' and the workloads' service account tokens are for. */
    static final String AUDIENCE = "meshctl.dev/trust-bridge";
    static final String CONFIG_DIRECTORY = "/etc/meshctl/config";
    static final String BUNDLE_DIRECTORY = "/etc/meshctl/bundle";
    static final String CA_DIRECTORY = "/etc/meshctl/ca";
    static final String TOKEN_DIRECTORY = "/var/run/secrets/meshctl/tokens";
    static final String STATE_DIRECTORY = "/var/lib/meshctl";
    static final String BUNDLE_FILE = "bundle.json";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Site site;

    DaemonFiles(Site site) {
        this.site = site;
    }

    /** File name -> content. */
    Map<String, String> of(Part part) {
        Map<String, String> files = new TreeMap<>();
        files.put("config.json", text(config(part)));
        if (part == Part.CONTROL_PLANE) {
            files.put("injection.json", text(injection()));
        }
        return files;
    }

    private ObjectNode config(Part part) {
        boolean trustBridge = part == Part.TRUST_BRIDGE;
        ObjectNode listen = Tree.map();
        part.ports().forEach(port -> listen.put(port.name(), site.bind(port)));
        // Below the volume, not the volume itself: that one belongs to root.
        String dataDir = STATE_DIRECTORY + "/" + part.word();
        return Tree.map(
                "cluster", site.target().cluster(),
                "trustDomain", site.trustDomain().name(),
                "node", part.word(),
                "dataDir", dataDir,
                "listen", listen,
                "trustBridge", Tree.when(!trustBridge, site.address(Part.TRUST_BRIDGE, "signing")),
                "controlPlane", Tree.when(part == Part.GATEWAY, site.address(Part.CONTROL_PLANE, "api")),
                "bundle", (trustBridge ? dataDir : BUNDLE_DIRECTORY) + "/" + BUNDLE_FILE,
                "tokens", TOKEN_DIRECTORY,
                "options", options(part));
    }

    private ObjectNode options(Part part) {
        ObjectNode options = Tree.map("platform", "kubernetes", "namespace", Site.NAMESPACE);
        switch (part) {
            case TRUST_BRIDGE -> trustBridge(options);
            case CONTROL_PLANE -> controlPlane(options);
            case GATEWAY -> gateway(options, site.values().gateway());
        }
        return options;
    }

    private void trustBridge(ObjectNode options) {
        options.put("svid-ttl-seconds", String.valueOf(site.values().trustBridge().svidTtl().toSeconds()));
        options.put("audience", AUDIENCE);
        options.put("ca-directory", CA_DIRECTORY);
        options.put("ca-secret", Site.CA_SECRET);
        options.put("bundle-config-map", Site.BUNDLE_MAP);
        options.put("linked-bundles-config-map", Site.LINKED_MAP);
        options.put("lease", Part.TRUST_BRIDGE.word());
    }

    private void controlPlane(ObjectNode options) {
        options.put("revision", site.revision());
        options.put("promoted", String.valueOf(site.promoted()));
        options.put("lease", Part.CONTROL_PLANE.word());
        options.put("webhook-ca-secret", Site.WEBHOOK_SECRET);
        options.put("link-secret", Site.LINK_SECRET);
        options.put("injection", CONFIG_DIRECTORY + "/injection.json");
        if (site.values().gateway().enabled()) {
            options.put("gateway-service", site.name(Part.GATEWAY));
            put(options, "gateway-advertise", String.join(",", site.values().gateway().advertise()));
        }
        put(options, "region", site.values().controlPlane().region());
        put(options, "zone", site.values().controlPlane().zone());
    }

    private static void gateway(ObjectNode options, Gateway gateway) {
        options.put("max-connections", String.valueOf(gateway.maxConnections()));
        options.put("idle-timeout-seconds", String.valueOf(gateway.idleTimeout().toSeconds()));
        put(options, "advertise", String.join(",", gateway.advertise()));
        put(options, "transit-sources", String.join(",", gateway.transitSources()));
    }

    private static void put(ObjectNode options, String name, String value) {
        if (!value.isEmpty()) {
            options.put(name, value);
        }
    }

    /** What the webhook adds to pods. */
    private ObjectNode injection() {
        Values.Injection injection = site.values().injection();
        return Tree.map(
                "image", site.image(),
                "imagePullPolicy", Words.of(site.values().image().pullPolicy()),
                "cluster", site.target().cluster(),
                "trustDomain", site.trustDomain().name(),
                "trustBridge", site.address(Part.TRUST_BRIDGE, "signing"),
                "controlPlane", site.address(Part.CONTROL_PLANE, "api"),
                "bundleConfigMap", Site.BUNDLE_MAP,
                "audience", AUDIENCE,
                "resources", resources(site.values().proxy().resources()),
                "excludeInboundPorts", injection.excludeInboundPorts(),
                "excludeOutboundPorts", injection.excludeOutboundPorts(),
                "excludeOutboundCidrs", injection.excludeOutboundCidrs());
    }

    static ObjectNode resources(Resources resources) {
        return Tree.map(
                "requests", Tree.unlessEmpty(Tree.map("cpu", Tree.unlessEmpty(resources.requests().cpu()),
                        "memory", Tree.unlessEmpty(resources.requests().memory()))),
                "limits", Tree.unlessEmpty(Tree.map("cpu", Tree.unlessEmpty(resources.limits().cpu()),
                        "memory", Tree.unlessEmpty(resources.limits().memory()))));
    }

    private static String text(JsonNode tree) {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree).replace(System.lineSeparator(), "\n") + "\n";
    }
}
