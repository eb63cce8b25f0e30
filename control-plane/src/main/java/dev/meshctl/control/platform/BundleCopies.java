package dev.meshctl.control.platform;

import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Copies of the mesh's bundle in the namespaces whose pods have proxies: a proxy mounts the one of its own namespace to
 * know the trust bridge by. A copy goes with the last proxy of its namespace. ConfigMaps of the same name that are
 * somebody else's are left alone and counted.
 */
final class BundleCopies {
    static final String NAME = "mesh-bundle";

    private static final System.Logger LOG = System.getLogger(BundleCopies.class.getName());
    /** How often all copies are compared; a namespace that has come is looked at once. */
    private static final Duration ALL = Duration.ofMinutes(1);

    private final KubernetesClient client;
    private final String home;
    private final Supplier<Set<String>> ofMesh;
    private final Supplier<Set<String>> namespaces;
    private final BooleanSupplier leads;
    private final InstantSource clock;
    private final Counters counters;
    private final Set<String> copied = new HashSet<>();
    private final Set<String> without = new HashSet<>();
    private @Nullable Instant lookedAtAll;

    /**
     * Makes it; it begins to look when told.
     *
     * @param home the namespace of the mesh, where the trust bridge publishes the bundle
     * @param ofMesh the namespaces that need a copy
     * @param namespaces all that there are
     */
    BundleCopies(KubernetesClient client, String home, Supplier<Set<String>> ofMesh, Supplier<Set<String>> namespaces,
            BooleanSupplier leads, InstantSource clock, Counters counters) {
        this.client = client;
        this.home = home;
        this.ofMesh = ofMesh;
        this.namespaces = namespaces;
        this.leads = leads;
        this.clock = clock;
        this.counters = counters;
    }

    /** Puts copies where they are needed, and takes away those that are not any more. */
    void look() {
        Set<String> wanted = new TreeSet<>(ofMesh.get());
        wanted.remove(home);
        boolean all = lookedAtAll == null || !clock.instant().isBefore(lookedAtAll.plus(ALL));
        Set<String> surplus = surplus(wanted);
        if (!all && copied.containsAll(wanted) && surplus.isEmpty()) {
            return;
        }
        try {
            ConfigMap bundle = client.configMaps().inNamespace(home).withName(NAME).get();
            if (bundle == null || bundle.getData() == null || bundle.getData().isEmpty()) {
                counters.increment("bundle_not_published");
                return;
            }
            wanted.stream().filter(n -> all || !copied.contains(n)).forEach(n -> put(n, bundle.getData()));
            surplus.forEach(this::remove);
            lookedAtAll = clock.instant();
        } catch (KubernetesClientException e) {
            failed(home, e);
        }
    }

    /** Also those that another leader may have left: each namespace is looked at once. */
    private Set<String> surplus(Set<String> wanted) {
        Set<String> surplus = new TreeSet<>(namespaces.get());
        without.retainAll(surplus);
        copied.retainAll(surplus);
        surplus.removeAll(wanted);
        surplus.removeAll(without);
        surplus.remove(home);
        return surplus;
    }

    private Resource<ConfigMap> at(String namespace) {
        return client.configMaps().inNamespace(namespace).withName(NAME);
    }

    private void put(String namespace, Map<String, String> data) {
        if (!leads.getAsBoolean()) {
            return;
        }
        try {
            ConfigMap there = at(namespace).get();
            if (there == null) {
                client.configMaps().inNamespace(namespace).resource(new ConfigMapBuilder()
                        .withNewMetadata().withName(NAME).withNamespace(namespace)
                        .addToLabels(SharedImports.MANAGED_BY, SharedImports.MESHCTL).endMetadata()
                        .withData(data).build()).create();
                counters.increment("bundle_copied");
            } else if (!isOurs(there)) {
                counters.increment("bundle_name_taken");
                LOG.log(System.Logger.Level.WARNING, "ConfigMap {0}/{1} is not the mesh''s, so pods there do not get the mesh''s"
                        + " bundle; rename it", namespace, NAME);
            } else if (!data.equals(there.getData())) {
                client.configMaps().inNamespace(namespace).resource(
                        new ConfigMapBuilder(there).withData(data).build()).update();
                counters.increment("bundle_copied");
            }
            copied.add(namespace);
            without.remove(namespace);
        } catch (KubernetesClientException e) {
            copied.remove(namespace); // so that it is tried at the next look
            failed(namespace, e);
        }
    }

    private void remove(String namespace) {
        if (!leads.getAsBoolean()) {
            return;
        }
        try {
            ConfigMap there = at(namespace).get();
            if (there != null && isOurs(there)) {
                client.configMaps().inNamespace(namespace).resource(there).delete();
                counters.increment("bundle_copy_removed");
            }
            copied.remove(namespace);
            without.add(namespace);
        } catch (KubernetesClientException e) {
            failed(namespace, e);
        }
    }

    private static boolean isOurs(ConfigMap map) {
        return SharedImports.MESHCTL.equals(
                Objects.requireNonNullElse(map.getMetadata().getLabels(), Map.of()).get(SharedImports.MANAGED_BY));
    }

    private void failed(String namespace, KubernetesClientException e) {
        String cause = ApiFault.of(e).label();
        counters.increment("bundle_copy_" + cause);
        LOG.log(System.Logger.Level.WARNING, "the bundle of the mesh could not be copied to namespace {0} ({1}): {2}", namespace,
                cause, e.getMessage());
    }
}
