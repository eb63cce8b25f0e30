package dev.meshctl.control.store.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A watch is behind: it tells of an object's past after this replica has written. */
class KnownObjectsTest {
    private static final Kind KIND = Kinds.MESH_LINK;
    private static final ResourceKey LINK = new ResourceKey(KIND.name(), "", "west");

    private final KubernetesSerialization serialization = new KubernetesSerialization();
    private final KnownObjects objects = new KnownObjects(new ObjectReader(serialization), new Counters());
    private final Counters counters = new Counters();
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void listen() {
        objects.listen(outcomes -> outcomes.forEach(outcome -> told.add(outcome.action())));
    }

    private GenericKubernetesResource link(String uid, int version, String address) {
        return serialization.unmarshal("""
                apiVersion: meshctl.dev/v1alpha1
                kind: MeshLink
                metadata: {name: west, uid: %s, resourceVersion: "%d"}
                spec: {trustDomain: west.mesh, addresses: ["%s"]}
                """.formatted(uid, version, address), GenericKubernetesResource.class);
    }

    @Test
    void what_was_deleted_here_does_not_come_back_by_what_a_watch_tells_late() {
        objects.take(KIND, link("a", 5, "10.0.0.1:15443"));
        objects.deleted(KIND, link("a", 5, "10.0.0.1:15443"));

        objects.take(KIND, link("a", 6, "10.0.0.2:15443"));

        assertThat(objects.all()).isEmpty();
        assertThat(objects.get(LINK)).isEmpty();
        assertThat(told).containsExactly("created", "deleted");
    }

    @Test
    void a_listener_that_fails_keeps_the_news_from_no_other_and_not_from_who_writes() {
        KnownObjects known = new KnownObjects(new ObjectReader(serialization), counters);
        known.listen(outcomes -> {
            throw new IllegalStateException("as a bug would");
        });
        known.listen(outcomes -> outcomes.forEach(outcome -> told.add(outcome.action())));
        known.listenToObjects(() -> told.add("looked at"));

        known.take(KIND, link("a", 5, "10.0.0.1:15443"));

        assertThat(told).containsExactly("created", "looked at");
        assertThat(counters.count("change_not_taken")).isEqualTo(1);
    }

    @Test
    void the_late_end_of_one_does_not_end_the_next_of_its_name() {
        objects.take(KIND, link("a", 5, "10.0.0.1:15443"));
        objects.deleted(KIND, link("a", 5, "10.0.0.1:15443"));
        objects.take(KIND, link("b", 8, "10.0.0.3:15443"));

        objects.forget(KIND, link("a", 7, "10.0.0.1:15443"));

        assertThat(objects.all()).containsOnlyKeys(LINK);
        assertThat(told).containsExactly("created", "deleted", "created");
        objects.forget(KIND, link("b", 9, "10.0.0.3:15443"));
        assertThat(objects.all()).isEmpty();
    }

    @Test
    void one_that_was_only_missed_in_a_list_may_come_back() {
        objects.take(KIND, link("a", 5, "10.0.0.1:15443"));
        objects.forget(KIND, link("a", 5, "10.0.0.1:15443"));

        objects.take(KIND, link("a", 5, "10.0.0.1:15443"));

        assertThat(objects.all()).containsOnlyKeys(LINK);
    }

    @Test
    void an_object_is_never_seen_beside_what_another_version_of_it_says() throws Exception {
        objects.take(KIND, link("a", 1, "10.0.0.1:1"));
        AtomicReference<KnownObject> mixed = new AtomicReference<>();
        AtomicBoolean taken = new AtomicBoolean();
        Thread reader = Thread.ofVirtual().start(() -> {
            while (!taken.get()) {
                KnownObject known = objects.get(LINK).orElseThrow();
                MeshLink link = (MeshLink) known.inUse().orElseThrow();
                if (!link.spec().addresses().getFirst().endsWith(":" + known.object().getMetadata().getResourceVersion())) {
                    mixed.set(known);
                }
            }
        });

        for (int version = 2; version < 2000; version++) {
            objects.take(KIND, link("a", version, "10.0.0.1:" + version));
        }
        taken.set(true);
        reader.join();

        assertThat(mixed.get()).isNull();
    }
}
