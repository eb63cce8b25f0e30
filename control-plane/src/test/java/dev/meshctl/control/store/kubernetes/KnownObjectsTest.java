package dev.meshctl.control.store.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
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

        assertThat(objects.inUse()).isEmpty();
        assertThat(objects.object(LINK)).isEmpty();
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

        assertThat(objects.inUse()).containsOnlyKeys(LINK);
        assertThat(told).containsExactly("created", "deleted", "created");
        objects.forget(KIND, link("b", 9, "10.0.0.3:15443"));
        assertThat(objects.inUse()).isEmpty();
    }

    @Test
    void one_that_was_only_missed_in_a_list_may_come_back() {
        objects.take(KIND, link("a", 5, "10.0.0.1:15443"));
        objects.forget(KIND, link("a", 5, "10.0.0.1:15443"));

        objects.take(KIND, link("a", 5, "10.0.0.1:15443"));

        assertThat(objects.inUse()).containsOnlyKeys(LINK);
    }
}
