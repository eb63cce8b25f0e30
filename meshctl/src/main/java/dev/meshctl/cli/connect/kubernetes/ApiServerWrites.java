package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.connect.ResourceWrites;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ApiErrors;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.platform.kubernetes.ClusterApis;
import dev.meshctl.kubernetes.failure.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes by server-side apply as the user of the kubeconfig, so that the cluster's RBAC, admission and audit see who it
 * was. Fields that another tool has set are taken over: whoever orders a change by name wants it made.
 */
public final class ApiServerWrites implements ResourceWrites {
    /** What people do not write. A resourceVersion they may: then the change is made only to that version. */
    private static final Set<String> OF_THE_SERVER =
            Set.of("uid", "generation", "creationTimestamp", "managedFields", "selfLink");

    private final Environment environment;
    private final Cluster cluster;

    public ApiServerWrites(Environment environment, Cluster cluster) {
        this.environment = environment;
        this.cluster = cluster;
    }

    @Override
    public void check(List<ObjectNode> resources) {
        inWords(() -> {
            try (ClusterApi api = ClusterApis.open(environment, cluster)) {
                check(api, resources.stream().map(ApiServerWrites::asWritten).toList());
                return true;
            }
        });
    }

    @Override
    public void apply(List<ObjectNode> resources) {
        List<ObjectNode> wanted = resources.stream().map(ApiServerWrites::asWritten).toList();
        inWords(() -> {
            try (ClusterApi api = ClusterApis.open(environment, cluster)) {
                check(api, wanted);
                write(api, wanted);
                return true;
            }
        });
    }

    private void check(ClusterApi api, List<ObjectNode> wanted) {
        Refusals refusals = new Refusals();
        for (ObjectNode tree : wanted) {
            try {
                api.apply(tree, ApplyMode.with(Conflicts.TAKE).asking());
            } catch (ApiException e) {
                refusals.take(ClusterApi.key(tree), e);
            }
        }
        refusals.error(where(), "nothing was changed").ifPresent(error -> {
            throw error;
        });
    }

    private void write(ClusterApi api, List<ObjectNode> wanted) {
        List<String> done = new ArrayList<>();
        for (ObjectNode tree : wanted) {
            try {
                api.apply(tree, ApplyMode.with(Conflicts.TAKE));
                done.add(ClusterApi.key(tree).toString());
            } catch (ApiException e) {
                throw broken(ClusterApi.key(tree), e, done);
            }
        }
    }

    /** What was taken a moment ago, without effect, is not any more. */
    private CliError broken(RenderedObject.Key key, ApiException e, List<String> done) {
        String changed = done.isEmpty() ? "" : "\nchanged before that: " + String.join(", ", done);
        return ApiErrors.of(e, where()).because(key + ": " + e.failure().why() + changed);
    }

    private String where() {
        return "cluster " + cluster.name();
    }

    @Override
    public boolean delete(String kind, String namespace, String name) {
        Kind of = Kinds.find(kind).orElseThrow(() -> new IllegalArgumentException("no such kind: " + kind));
        return inWords(() -> {
            try (ClusterApi api = ClusterApis.open(environment, cluster)) {
                return api.delete(new RenderedObject.Key(of.apiVersion(), of.name(), of.namespaced() ? namespace : "", name), "");
            }
        });
    }

    private static ObjectNode asWritten(ObjectNode resource) {
        ObjectNode copy = resource.deepCopy();
        copy.remove("status");
        if (copy.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove(OF_THE_SERVER);
        }
        return copy;
    }

    private <T> T inWords(Supplier<T> work) {
        try {
            return work.get();
        } catch (ApiException e) {
            throw ApiErrors.of(e, where());
        }
    }
}
