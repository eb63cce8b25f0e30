package dev.meshctl.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TypeSubscriptionTest {
    private final TypeSubscription subscription = new TypeSubscription(ResourceType.SERVICE);

    private DeltaDiscoveryRequest next() {
        return subscription.nextRequest().orElseThrow().build();
    }

    @Test
    void changes_between_two_requests_are_one_request() {
        subscription.add("a", Optional.empty());
        next();
        subscription.add("b", Optional.empty());
        subscription.add("c", Optional.empty());
        subscription.drop("a");
        DeltaDiscoveryRequest request = next();
        assertThat(request.getResourceNamesSubscribeList()).containsExactly("b", "c");
        assertThat(request.getResourceNamesUnsubscribeList()).containsExactly("a");
        assertThat(subscription.nextRequest()).isEmpty();
    }

    @Test
    void a_name_that_was_about_to_be_let_go_is_asked_for_again() {
        subscription.add("a", Optional.empty());
        next();
        subscription.drop("a");
        subscription.add("a", Optional.empty());
        DeltaDiscoveryRequest request = next();
        assertThat(request.getResourceNamesSubscribeList()).containsExactly("a");
        assertThat(request.getResourceNamesUnsubscribeList()).isEmpty();
    }

    @Test
    void a_name_that_came_and_went_is_not_left_subscribed() {
        subscription.add("a", Optional.empty());
        next();
        subscription.drop("a");
        subscription.add("a", Optional.empty());
        subscription.drop("a");
        assertThat(next().getResourceNamesUnsubscribeList()).containsExactly("a");
    }

    @Test
    void the_first_request_of_a_stream_names_everything_and_its_versions() {
        subscription.add("a", Optional.of("1"));
        subscription.add("b", Optional.empty());
        next();
        subscription.accepted("b", "7");
        subscription.drop("a");
        subscription.streamStarted();
        DeltaDiscoveryRequest request = next();
        assertThat(request.getResourceNamesSubscribeList()).containsExactly("b");
        assertThat(request.getResourceNamesUnsubscribeList()).isEmpty();
        assertThat(request.getInitialResourceVersionsMap()).containsOnlyKeys("b").containsEntry("b", "7");
    }
}
