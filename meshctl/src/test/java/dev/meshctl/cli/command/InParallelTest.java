package dev.meshctl.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.command.InParallel.Given;
import dev.meshctl.cli.command.InParallel.Missing;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InParallelTest {
    private static final Cluster WEST = cluster("west");
    private static final Cluster EAST = cluster("east");

    private static Cluster cluster(String name) {
        return new Cluster(name, TrustDomain.ofCluster(name), new Place.Context(name, List.of()), Path.of("/nowhere", name));
    }

    @Test
    void all_are_asked_at_the_same_time_and_answer_in_their_order() {
        CountDownLatch both = new CountDownLatch(2);

        var answers = InParallel.ask(List.of(WEST, EAST), Duration.ofSeconds(90), cluster -> {
            both.countDown();
            await(both);
            return cluster.name();
        });

        assertThat(answers).containsExactly(new Given<>(WEST, "west"), new Given<>(EAST, "east"));
    }

    @Test
    void one_that_never_answers_is_missing_and_the_others_are_not() {
        CountDownLatch never = new CountDownLatch(1);

        // The time is over for the first as soon as it is waited for, and not for the other.
        var nanosLeft = LongStream.of(0, Duration.ofMinutes(1).toNanos()).iterator();

        var answers = InParallel.ask(List.of(WEST, EAST), Duration.ofSeconds(1), cluster -> {
            if (cluster.equals(WEST)) {
                await(never);
            }
            return cluster.name();
        }, nanosLeft::nextLong);

        assertThat(answers.getFirst()).isInstanceOfSatisfying(Missing.class, missing ->
                assertThat(missing.error().what()).isEqualTo("no answer within 1 s"));
        assertThat(answers.getLast()).isEqualTo(new Given<>(EAST, "east"));
    }

    @Test
    void one_that_fails_says_why_and_what_it_is_not_meant_to_fail_with_is_told_too() {
        var answers = InParallel.ask(List.of(WEST, EAST), Duration.ofSeconds(90), cluster -> {
            throw cluster.equals(WEST) ? CliError.failed("no way") : new IllegalStateException("a bug");
        });

        assertThat(answers).extracting(answer -> ((Missing<?>) answer).error().what() + "/" + ((Missing<?>) answer).error().why())
                .containsExactly("no way/", "meshctl met an error of its own/java.lang.IllegalStateException: a bug");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
