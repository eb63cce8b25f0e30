package dev.meshctl.cli.platform.kubernetes;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Suggestion;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import dev.meshctl.kubernetes.kubeconfig.ContextAccess;
import dev.meshctl.kubernetes.kubeconfig.Kubeconfig;
import dev.meshctl.kubernetes.kubeconfig.KubeconfigFiles;
import dev.meshctl.kubernetes.kubeconfig.PodAccess;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.time.Duration;
import java.util.function.Supplier;

/** Reaches the API servers of the fleet's clusters. */
public final class ApiServers {
    /** Whoever only looks waits this long for one answer, and does not try again: a person is waiting. */
    static final Duration LOOK_TIMEOUT = Duration.ofSeconds(5);

    private final Environment environment;

    public ApiServers(Environment environment) {
        this.environment = environment;
    }

    /**
     * A client for changes, which tries again what passes; to be closed.
     *
     * @throws CliError if the kubeconfig does not lead to the cluster
     */
    public KubernetesClient client(Cluster cluster) {
        return ApiClients.of(access(cluster));
    }

    /** A client for one look, with short bounds; to be closed. */
    public KubernetesClient looking(Cluster cluster) {
        Config access = new ConfigBuilder(access(cluster))
                .withConnectionTimeout((int) LOOK_TIMEOUT.toMillis())
                .withRequestTimeout((int) LOOK_TIMEOUT.toMillis())
                .withRequestRetryBackoffLimit(0)
                .withUserAgent("meshctl")
                .build();
        return new KubernetesClientBuilder().withConfig(access).withHttpClientFactory(new JdkHttpClientFactory()).build();
    }

    /**
     * Checks that a place leads somewhere, and says where; asks no API server and runs no plugin.
     *
     * @return the place, with the current context named
     */
    Place.Kubernetes checked(String name, Place.Kubernetes place) {
        String where = "cluster " + name;
        return inWords(where, () -> switch (place) {
            case Place.InCluster pod -> {
                pod().check();
                yield pod;
            }
            case Place.Context context -> {
                Place.Context named = context.name().isEmpty() ? current(where, context) : context;
                contextAccess(where, named);
                yield named;
            }
        });
    }

    private Place.Context current(String where, Place.Context context) {
        Kubeconfig kubeconfig = kubeconfig(where, context);
        return kubeconfig.current().map(name -> new Place.Context(name, context.kubeconfig()))
                .orElseThrow(() -> CliError.failed("the kubeconfig has no current context").at(where)
                        .because("current-context is not set in " + kubeconfig.files()
                                + "; contexts there: " + String.join(", ", kubeconfig.contexts()))
                        .next("name one: --context CONTEXT"));
    }

    private Config access(Cluster cluster) {
        String where = "cluster " + cluster.name();
        return inWords(where, () -> switch (cluster.place()) {
            case Place.InCluster pod -> pod().config();
            case Place.Context context -> contextAccess(where, context).config(environment.variables());
            case Place.Local local -> throw new IllegalArgumentException(cluster.name() + " is local");
        });
    }

    private PodAccess pod() {
        return new PodAccess(environment.variables(), PodAccess.DIRECTORY);
    }

    private static <T> T inWords(String where, Supplier<T> access) {
        try {
            return access.get();
        } catch (ApiException e) {
            throw inWords(e.failure(), where).from(e);
        }
    }

    /** The kubeconfig of a place. */
    Kubeconfig kubeconfig(String where, Place.Context context) {
        KubeconfigFiles files = context.kubeconfig().isEmpty()
                ? KubeconfigFiles.ofEnvironment(environment.variables(), environment.workingDirectory())
                : KubeconfigFiles.given(context.kubeconfig());
        return inWords(where, () -> Kubeconfig.read(files));
    }

    private ContextAccess contextAccess(String where, Place.Context context) {
        Kubeconfig kubeconfig = kubeconfig(where, context);
        try {
            return kubeconfig.access(context.name());
        } catch (ApiException e) {
            CliError error = inWords(e.failure(), where).from(e);
            throw e.failure().cause() == Cause.NO_CONTEXT
                    ? Suggestion.nearest(context.name(), kubeconfig.contexts())
                            .map(near -> error.next("did you mean \"" + near + "\"?")).orElse(error)
                    : error;
        }
    }

    /** A failure of an API server as the CLI tells it. */
    public static CliError inWords(ApiFailure failure, String where) {
        return CliError.failed(failure.what()).at(where).because(failure.why()).next(failure.next());
    }
}
