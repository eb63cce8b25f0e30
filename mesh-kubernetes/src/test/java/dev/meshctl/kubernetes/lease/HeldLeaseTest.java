package dev.meshctl.kubernetes.lease;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.matching;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.put;
import static com.github.tomakehurst.wiremock.client.WireMock.putRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.MovableClock;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeldLeaseTest {
    private static final ApiClients.Manners MANNERS = new ApiClients.Manners(Duration.ofSeconds(30), 0, "test");
    private static final String PATH = "/apis/coordination.k8s.io/v1/namespaces/mesh-system/leases/trust-bridge";

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();

    private final AtomicLong nanos = new AtomicLong();
    private final MovableClock clock = new MovableClock(Instant.parse("2026-03-01T10:00:00.123456789Z"));
    private final Counters counters = new Counters();
    private final WireMockServer faults = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));

    @AfterEach
    void stop() {
        faults.stop();
        api.close();
    }

    @Test
    void the_first_replica_takes_the_lease_and_another_does_not() {
        HeldLease first = lease("pod-1");
        HeldLease second = lease("pod-2");

        first.once();
        second.once();

        assertThat(first.isHeld()).isTrue();
        assertThat(second.isHeld()).isFalse();
        assertThat(stored().getSpec().getHolderIdentity()).isEqualTo("pod-1");
        assertThat(stored().getSpec().getLeaseDurationSeconds()).isEqualTo(15);
        assertThat(stored().getSpec().getLeaseTransitions()).isZero();
    }

    @Test
    void a_lease_that_is_renewed_is_never_taken_however_its_clock_stands() {
        HeldLease holder = lease("pod-1");
        HeldLease other = lease("pod-2");
        clock.move(Duration.ofHours(-5));
        holder.once();
        clock.move(Duration.ofHours(5));

        for (int i = 0; i < 10; i++) {
            other.once();
            nanos.addAndGet(Duration.ofSeconds(9).toNanos());
            clock.move(Duration.ofMillis(1));
            holder.once();
        }

        assertThat(holder.isHeld()).isTrue();
        assertThat(other.isHeld()).isFalse();
        assertThat(counters.count("lease_taken")).isEqualTo(1);
    }

    @Test
    void a_silent_holders_lease_is_taken_after_its_duration_and_not_before() {
        HeldLease silent = lease("pod-1");
        HeldLease other = lease("pod-2");
        silent.once();
        other.once();

        nanos.addAndGet(Duration.ofSeconds(14).toNanos());
        other.once();
        assertThat(other.isHeld()).isFalse();
        // Who was silent has stopped believing before anybody else may begin.
        assertThat(silent.isHeld()).isFalse();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        other.once();

        assertThat(other.isHeld()).isTrue();
        assertThat(stored().getSpec().getHolderIdentity()).isEqualTo("pod-2");
        assertThat(stored().getSpec().getLeaseTransitions()).isEqualTo(1);
    }

    @Test
    void a_lease_that_is_given_back_is_taken_at_once() {
        HeldLease first = lease("pod-1");
        HeldLease second = lease("pod-2");
        first.once();
        second.once();

        first.close();
        first.once();
        second.once();

        assertThat(first.isHeld()).isFalse();
        assertThat(second.isHeld()).isTrue();
    }

    @Test
    void who_does_not_hold_it_knows_who_does() {
        HeldLease first = lease("pod-1");
        HeldLease second = lease("pod-2");
        assertThat(second.holder()).isEmpty();

        first.once();
        second.once();

        assertThat(first.holder()).contains("pod-1");
        assertThat(second.holder()).contains("pod-1");
    }

    @Test
    void listeners_are_told_when_it_begins_and_when_it_ceases_to_be_held() {
        HeldLease lease = lease("pod-1");
        List<Boolean> told = new ArrayList<>();
        lease.listen(told::add);

        lease.once();
        lease.once();
        lease.close();

        assertThat(told).containsExactly(true, false);
        assertThat(counters.count("lease_lost")).isEqualTo(1);
    }

    @Test
    void a_listener_that_fails_ends_neither_the_renewals_nor_the_news_of_others() {
        HeldLease lease = lease("pod-1");
        List<Boolean> told = new ArrayList<>();
        lease.listen(now -> {
            throw new IllegalStateException("as a bug would");
        });
        lease.listen(told::add);

        lease.once();
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        lease.once();
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());

        assertThat(lease.isHeld()).isTrue();
        assertThat(told).containsExactly(true);
        assertThat(counters.count("lease_not_told")).isEqualTo(1);
    }

    @Test
    void who_loses_the_race_for_a_free_lease_does_not_hold_it() {
        faults.start();
        faults.stubFor(get(urlEqualTo(PATH)).willReturn(okJson(json(null, "7"))));
        faults.stubFor(put(urlEqualTo(PATH)).willReturn(aResponse().withStatus(409).withBody("{}")));
        HeldLease lease = faulty();

        lease.once();

        assertThat(lease.isHeld()).isFalse();
        assertThat(counters.snapshot()).containsOnly(Map.entry("lease_conflict", 1L));
        faults.verify(1, putRequestedFor(urlEqualTo(PATH))
                .withRequestBody(matchingJsonPath("$.metadata.resourceVersion", equalTo("7")))
                .withRequestBody(matchingJsonPath("$.spec.renewTime", matching(
                        "2026-03-01T10:00:00\\.123456Z"))));
    }

    @Test
    void a_renewal_whose_answer_was_lost_is_no_conflict_with_itself() {
        faults.start();
        faults.stubFor(get(urlEqualTo(PATH)).willReturn(okJson(json("pod-1", "7"))));
        faults.stubFor(put(urlEqualTo(PATH)).willReturn(okJson(json("pod-1", "8"))));
        HeldLease lease = faulty();
        List<Boolean> told = new ArrayList<>();
        lease.listen(told::add);
        lease.once();
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        faults.stubFor(put(urlEqualTo(PATH)).willReturn(aResponse().withStatus(409).withBody("{}")));

        lease.once();

        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        assertThat(lease.isHeld()).as("renewed").isTrue();
        assertThat(told).containsExactly(true);
    }

    @Test
    void a_holder_that_reaches_no_api_server_goes_on_for_a_while_and_no_longer() {
        faults.start();
        faults.stubFor(get(urlEqualTo(PATH)).willReturn(okJson(json("pod-1", "7"))));
        faults.stubFor(put(urlEqualTo(PATH)).willReturn(okJson(json("pod-1", "8"))));
        HeldLease lease = faulty();
        lease.once();
        faults.resetMappings();
        faults.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(503)));

        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        lease.once();
        assertThat(lease.isHeld()).isTrue();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(lease.isHeld()).isFalse();
        lease.once();

        assertThat(counters.snapshot()).containsEntry("lease_unreachable", 2L).containsEntry("lease_lost", 1L);
    }

    @Test
    void a_right_that_is_missing_is_counted_by_its_name() {
        faults.start();
        faults.stubFor(get(urlEqualTo(PATH)).willReturn(aResponse().withStatus(404)));
        faults.stubFor(any(urlEqualTo("/apis/coordination.k8s.io/v1/namespaces/mesh-system/leases"))
                .willReturn(aResponse().withStatus(403)));
        HeldLease lease = faulty();

        lease.once();

        assertThat(lease.isHeld()).isFalse();
        assertThat(counters.count("lease_forbidden")).isEqualTo(1);
        faults.verify(1, postRequestedFor(anyUrl()));
    }

    private HeldLease lease(String holder) {
        return new HeldLease(client, LeaseTerms.usual("mesh-system", "trust-bridge", holder), clock, nanos::get, counters);
    }

    private HeldLease faulty() {
        KubernetesClient faulty = ApiClients.of(
                new ConfigBuilder().withMasterUrl(faults.baseUrl()).withAutoConfigure(false).build(), MANNERS);
        return new HeldLease(
                faulty, LeaseTerms.usual("mesh-system", "trust-bridge", "pod-1"), clock, nanos::get, counters);
    }

    private Lease stored() {
        return client.leases().inNamespace("mesh-system").withName("trust-bridge").get();
    }

    private String json(@Nullable String holder, String version) {
        return Serialization.asJson(new LeaseBuilder()
                .withNewMetadata().withNamespace("mesh-system").withName("trust-bridge").withResourceVersion(version).endMetadata()
                .withNewSpec().withHolderIdentity(holder).withLeaseDurationSeconds(15).endSpec().build());
    }
}
