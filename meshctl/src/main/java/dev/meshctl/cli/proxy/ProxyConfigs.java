package dev.meshctl.cli.proxy;

import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.proxy.ConfigRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the configuration of proxies, and compares it with what their control plane has heard. */
public final class ProxyConfigs {
    private final FleetProxies proxies;

    public ProxyConfigs(FleetProxies proxies) {
        this.proxies = proxies;
    }

    /** What one cluster's control plane says of its proxies, or why it says nothing. */
    public record Views(List<ProxyView> known, String missing) {}

    /** Never fails: without a word of the control plane, what the proxies say is worth knowing all the same. */
    public Views views(Cluster cluster) {
        try {
            return new Views(proxies.views(cluster), "");
        } catch (CliError e) {
            return new Views(List.of(), e.why().isEmpty() ? e.what() : e.what() + ": " + e.why());
        }
    }

    /** @throws CliError if the proxy does not answer */
    public ProxyConfig read(ProxyRef proxy, Views views) {
        String workload = proxy instanceof ProxyRef.Hosting hosting ? hosting.workload() : "";
        String json = proxies.ask(proxy, "cannot read the configuration of " + proxy.name(),
                admin -> admin.config(ConfigRequest.newBuilder().setWorkload(workload).build()).getJson());
        JsonNode dump;
        try {
            dump = JsonMapper.shared().readTree(json);
        } catch (JacksonException e) {
            throw CliError.failed("cannot read the configuration of " + proxy.name()).at("cluster " + proxy.cluster().name())
                    .because("what it said is no JSON").from(e);
        }
        String node = dump.path("node").asString("");
        Optional<ProxyView> view = views.known().stream().filter(each -> each.getNode().equals(node)).findFirst();
        return new ProxyConfig(proxy, dump, ProxySync.of(dump, view, views.missing()));
    }
}
