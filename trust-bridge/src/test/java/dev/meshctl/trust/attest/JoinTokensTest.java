package dev.meshctl.trust.attest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.trust.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinTokensTest {
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://west.mesh/ns/shop/sa/web");
    private static final SpiffeId ORDERS = SpiffeId.parse("spiffe://west.mesh/ns/shop/sa/orders");
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    private final MovableClock clock = new MovableClock(Instant.parse("2026-01-01T00:00:00Z"));

    @TempDir
    Path directory;

    private Path file;
    private JoinTokens tokens;

    @BeforeEach
    void open() throws IOException {
        file = directory.resolve("join-tokens.json");
        tokens = reopened();
    }

    @Test
    void a_token_works_once() throws Exception {
        String token = tokens.create(WEB, TEN_MINUTES).token();

        tokens.consume(token, WEB);

        assertThat(causeOf(tokens, token, WEB)).isEqualTo("token_used");
    }

    @Test
    void a_used_token_stays_used_after_a_restart_and_an_unused_one_still_works() throws Exception {
        String used = tokens.create(WEB, TEN_MINUTES).token();
        String unused = tokens.create(WEB, TEN_MINUTES).token();
        tokens.consume(used, WEB);

        JoinTokens restarted = reopened();

        assertThat(causeOf(restarted, used, WEB)).isEqualTo("token_used");
        restarted.consume(unused, WEB);
    }

    @Test
    void of_many_at_once_exactly_one_gets_the_token() throws Exception {
        String token = tokens.create(WEB, TEN_MINUTES).token();
        CountDownLatch go = new CountDownLatch(1);
        Callable<Boolean> attempt = () -> {
            go.await();
            try {
                tokens.consume(token, WEB);
                return true;
            } catch (Refusal e) {
                return false;
            }
        };

        int winners = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> attempts = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                attempts.add(threads.submit(attempt));
            }
            go.countDown();
            for (Future<Boolean> each : attempts) {
                winners += each.get() ? 1 : 0;
            }
        }

        assertThat(winners).isEqualTo(1);
    }

    @Test
    void a_token_expires_at_its_end_and_not_before() throws Exception {
        String early = tokens.create(WEB, TEN_MINUTES).token();
        String late = tokens.create(WEB, TEN_MINUTES).token();

        clock.move(TEN_MINUTES.minusSeconds(1));
        tokens.consume(early, WEB);
        clock.move(Duration.ofSeconds(1));

        assertThat(causeOf(tokens, late, WEB)).isEqualTo("token_expired");
    }

    @Test
    void a_token_gives_its_own_identity_only_and_a_wrong_try_does_not_use_it_up() throws Exception {
        String token = tokens.create(WEB, TEN_MINUTES).token();

        assertThat(causeOf(tokens, token, ORDERS)).isEqualTo("token_for_other_identity");

        tokens.consume(token, WEB);
    }

    @Test
    void an_unknown_token_is_refused_as_unknown() {
        assertThat(causeOf(tokens, "", WEB)).isEqualTo("token_unknown");
        assertThat(causeOf(tokens, "mjt_guess", WEB)).isEqualTo("token_unknown");
        assertThat(causeOf(tokens, "x".repeat(100_000), WEB)).isEqualTo("token_unknown");
    }

    @Test
    void the_token_itself_is_neither_on_disk_nor_in_text() throws Exception {
        JoinTokens.Created created = tokens.create(WEB, TEN_MINUTES);

        assertThat(Files.readString(file)).doesNotContain(created.token()).contains(WEB.toString());
        assertThat(created.toString()).doesNotContain(created.token());
        assertThat(created.token()).hasSizeGreaterThan(43);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
    }

    @Test
    void expired_tokens_are_forgotten_after_a_while() throws Exception {
        tokens.create(WEB, TEN_MINUTES);
        String living = tokens.create(WEB, Duration.ofHours(3)).token();

        clock.move(Duration.ofHours(2));
        tokens.purge();

        assertThat(tokens.size()).isEqualTo(1);
        reopened().consume(living, WEB);
    }

    @Test
    void a_life_out_of_bounds_is_refused() {
        for (Duration ttl : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(1).plusSeconds(1))) {
            assertThat(catchThrowableOfType(Refusal.class, () -> tokens.create(WEB, ttl)).cause())
                    .isEqualTo("ttl_out_of_bounds");
        }
    }

    @Test
    void a_full_set_of_tokens_refuses_more_until_some_have_expired() throws Exception {
        StringBuilder entries = new StringBuilder();
        long end = clock.instant().plus(TEN_MINUTES).getEpochSecond();
        for (int i = 0; i < JoinTokens.MAX_TOKENS; i++) {
            entries.append(i == 0 ? "" : ",").append("{\"sha256\":\"%064x\",\"id\":\"%s\",\"expires\":%d,\"used\":false}"
                    .formatted(i, WEB, end));
        }
        Files.writeString(file, "{\"tokens\":[" + entries + "]}");
        JoinTokens full = reopened();

        assertThat(catchThrowableOfType(Refusal.class, () -> full.create(WEB, TEN_MINUTES)).cause())
                .isEqualTo("too_many_tokens");

        clock.move(TEN_MINUTES);
        full.create(WEB, TEN_MINUTES);
        assertThat(full.size()).isEqualTo(1);
    }

    @Test
    void a_half_written_file_is_an_error_that_names_it_and_the_next_step() throws Exception {
        tokens.create(WEB, TEN_MINUTES);
        String whole = Files.readString(file);
        Files.writeString(file, whole.substring(0, whole.length() / 2));

        assertThatThrownBy(this::reopened)
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("remove it");
    }

    @Test
    void an_entry_whose_use_cannot_be_read_is_corrupt_and_not_unused() throws Exception {
        tokens.create(WEB, TEN_MINUTES);
        Files.writeString(file, Files.readString(file).replace("\"used\":false", "\"used\":\"no\""));

        assertThatThrownBy(this::reopened).isInstanceOf(CorruptFileException.class);
    }

    @Test
    void when_the_use_cannot_be_stored_the_token_is_not_used() throws Exception {
        String token = tokens.create(WEB, TEN_MINUTES).token();
        Path aside = directory.resolveSibling(directory.getFileName() + "-aside");
        Files.move(directory, aside);

        assertThatThrownBy(() -> tokens.consume(token, WEB)).isInstanceOf(IOException.class);

        Files.move(aside, directory);
        tokens.consume(token, WEB);
    }

    @Test
    void who_fails_too_often_has_to_wait_and_others_do_not() {
        FailureLimit limit = new FailureLimit(clock);
        for (int i = 0; i < 50; i++) {
            assertThat(limit.allows("10.0.0.1")).isTrue();
            limit.failed("10.0.0.1");
        }

        assertThat(limit.allows("10.0.0.1")).isFalse();
        assertThat(limit.allows("10.0.0.2")).isTrue();
        clock.move(Duration.ofSeconds(1));
        assertThat(limit.allows("10.0.0.1")).isTrue();
    }

    private JoinTokens reopened() throws IOException {
        return new JoinTokens(file, clock, new SecureRandom());
    }

    private static String causeOf(JoinTokens tokens, String token, SpiffeId id) {
        return catchThrowableOfType(Refusal.class, () -> tokens.consume(token, id)).cause();
    }
}
