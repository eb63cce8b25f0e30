package dev.meshctl.kubernetes.election;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.kubernetes.election.LeaseElection.Candidate;
import dev.meshctl.kubernetes.election.LeaseElection.Timing;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
class LeaseElectionTest {
    KubernetesClient client;
    private final Counters counters = new Counters();
    private Instant now = Instant.parse("2026-01-31T12:00:00Z");

    private LeaseElection candidate(String pod) {
        InstantSource clock = () -> now;
        return new LeaseElection(client, new Candidate("mesh-system", "control-plane", pod), Timing.DEFAULT, clock, counters);
    }

    @Test
    void a_free_lease_is_taken_by_the_first_and_not_by_the_second() {
        LeaseElection first = candidate("a");
        LeaseElection second = candidate("b");

        first.attempt();
        second.attempt();

        assertThat(first.leads()).isTrue();
        assertThat(second.leads()).isFalse();
        assertThat(second.holder()).contains("a");
    }

    @Test
    void a_leader_that_cannot_renew_stops_before_another_one_may_begin() {
        LeaseElection first = candidate("a");
        LeaseElection second = candidate("b");
        first.attempt();
        second.attempt();

        now = now.plus(Duration.ofSeconds(11));
        second.attempt();
        assertThat(first.leads()).isFalse();
        assertThat(second.leads()).isFalse();

        now = now.plus(Duration.ofSeconds(5));
        second.attempt();
        assertThat(second.leads()).isTrue();
        assertThat(client.leases().inNamespace("mesh-system").withName("control-plane").get().getSpec().getLeaseTransitions())
                .isEqualTo(1);
    }

    @Test
    void a_renewal_is_seen_by_others_so_that_they_wait_on() {
        LeaseElection first = candidate("a");
        LeaseElection second = candidate("b");
        first.attempt();
        second.attempt();

        now = now.plus(Duration.ofSeconds(9));
        first.attempt();
        second.attempt();
        now = now.plus(Duration.ofSeconds(9));
        second.attempt();

        assertThat(first.leads()).isTrue();
        assertThat(second.leads()).isFalse();
    }

    @Test
    void a_leader_that_stops_lets_another_one_begin_at_once() {
        LeaseElection first = candidate("a");
        LeaseElection second = candidate("b");
        List<Boolean> told = new ArrayList<>();
        first.listen(told::add);
        first.attempt();

        first.close();
        second.attempt();

        assertThat(told).containsExactly(true, false);
        assertThat(second.leads()).isTrue();
        assertThat(counters.count("lease_taken")).isEqualTo(2);
    }
}
