package dev.meshctl.cli.command.policy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.command.resource.Applied;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.policy.Callers;
import dev.meshctl.cli.policy.Policies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What allow and deny share. */
abstract class PolicyRuleCommand extends MeshCommand {
    @Parameters(paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Option(names = "--from", split = ",", paramLabel = "CALLER",
            description = "ns:NAMESPACE, sa:NAME.NAMESPACE (in this and all linked meshes), sa:NAME.NAMESPACE@CLUSTER, "
                    + "id:SPIFFE-ID or td:TRUST-DOMAIN (default: everybody)")
    List<String> from = new ArrayList<>();

    @Option(names = "--method", split = ",", paramLabel = "METHOD", description = "default: all")
    List<String> methods = new ArrayList<>();

    @Option(names = "--path", split = ",", paramLabel = "PATH", description = "a trailing * matches a prefix (default: all)")
    List<String> paths = new ArrayList<>();

    @Option(names = "--name", paramLabel = "NAME", defaultValue = "", description = "of the policy (default: made from the rule)")
    String name;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    private final String action;

    PolicyRuleCommand(Context context, String action) {
        super(context);
        this.action = action;
    }

    @Override
    protected int run() {
        ServiceName target = namespace.service(service);
        String verb = action.toLowerCase(Locale.ROOT);
        PerCluster<Applied> applied = PerCluster.oneByOne(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            List<Map<String, Object>> callers = Callers.from(from, meshes(plane));
            Map<String, Object> policy = Policies.of(target, name, action, callers, methods, paths);
            plane.service(target);
            if (!change.confirm(
                    console(), verb + " calls to " + target + " in cluster " + cluster.name(), touched(callers))) {
                return List.of();
            }
            List<ApplyResult> results = plane.apply(List.of(policy), false, context().audit().actor());
            context().audit().record(cluster.name(), "policy " + verb + " " + target + " from " + from);
            return results.stream().map(result -> new Applied(cluster.name(), result)).toList();
        });
        Applied.print(console(), applied.rows());
        return applied.end(console());
    }

    private static Map<String, TrustDomain> meshes(ControlPlane plane) {
        Map<String, TrustDomain> meshes = new LinkedHashMap<>();
        meshes.put(plane.cluster().name(), plane.cluster().trustDomain());
        plane.links().forEach(link -> meshes.put(link.getPeer(), new TrustDomain(link.getTrustDomain())));
        return meshes;
    }

    private static String text(Map<String, Object> callers) {
        return callers.entrySet().stream()
                .map(entry -> entry.getKey() + " " + (entry.getValue() instanceof List<?> named
                        ? named.stream().map(String::valueOf).collect(Collectors.joining(", "))
                        : entry.getValue()))
                .collect(Collectors.joining("; "));
    }

    private List<String> touched(List<Map<String, Object>> callers) {
        return List.of("from: " + callers.stream().map(rule -> rule.isEmpty() ? "everybody" : text(rule))
                        .collect(Collectors.joining(", or ")),
                "methods: " + (methods.isEmpty() ? "all" : String.join(", ", methods)),
                "paths: " + (paths.isEmpty() ? "all" : String.join(", ", paths)));
    }
}
