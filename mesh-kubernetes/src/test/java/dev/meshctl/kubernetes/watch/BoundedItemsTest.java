package dev.meshctl.kubernetes.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

class BoundedItemsTest {
    private static Pod pod(String name, String version) {
        return new PodBuilder().withNewMetadata().withName(name).withNamespace("shop").withResourceVersion(version)
                .endMetadata().build();
    }

    @Test
    void an_object_beyond_the_bound_is_not_kept_but_counted_until_there_is_room() {
        Counters counters = new Counters();
        BoundedItems<Pod> items = new BoundedItems<>("pods", 2, counters);
        items.put("shop/a", pod("a", "1"));
        items.put("shop/b", pod("b", "2"));

        items.put("shop/c", pod("c", "3"));
        items.put("shop/a", pod("a", "4"));

        assertThat(items.keySet()).containsExactlyInAnyOrder("shop/a", "shop/b");
        assertThat(items.get("shop/a").getMetadata().getResourceVersion()).as("what is known goes on").isEqualTo("4");
        assertThat(counters.count("watch_over_limit")).isEqualTo(1);

        items.remove("shop/b");
        items.put("shop/c", pod("c", "5"));
        assertThat(items.keySet()).containsExactlyInAnyOrder("shop/a", "shop/c");
    }
}
