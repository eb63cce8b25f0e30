package dev.meshctl.cli.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.Home.Said;
import dev.meshctl.testing.Eventually;
import dev.meshctl.testing.MeshExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two people, each of whom reaches one cluster only, and a token that goes from one to the other. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TwoPeopleLinkIT {
    @RegisterExtension
    static final MeshExtension mesh = MeshExtension.clusters("west", "east", "north");

    private static Home wests;
    private static Home easts;
    private static Home norths;

    @BeforeAll
    static void homes(@TempDir Path west, @TempDir Path east, @TempDir Path north) throws IOException {
        wests = new Home(west, mesh.cluster("west"));
        easts = new Home(east, mesh.cluster("east"));
        norths = new Home(north, mesh.cluster("north"));
    }

    private static String token(String... more) throws InterruptedException {
        Said made = Eventually.gives("a token", () -> {
            Said said = wests.meshctl(concat(new String[] {"link", "create"}, more));
            return said.code() == 0 ? Optional.of(said) : Optional.empty();
        });
        assertThat(made.out().lines()).as("the token alone is on standard output").hasSize(1);
        return made.out().strip();
    }

    private static String[] concat(String[] first, String[] second) {
        String[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static Said accept(Home who, String token) {
        return who.meshctl("link", "accept", token, "--yes");
    }

    @Test
    @Order(1)
    void what_is_no_whole_token_is_a_wrong_argument() throws Exception {
        String token = token();
        assertThat(accept(easts, "garbage")).satisfies(said -> {
            assertThat(said.code()).isEqualTo(2);
            assertThat(said.err()).contains("this is no link token", "next:", "meshctl link create");
        });
        assertThat(accept(easts, token.substring(0, token.length() / 2))).satisfies(said -> {
            assertThat(said.code()).isEqualTo(2);
            assertThat(said.err()).contains("not complete", "copy the whole token");
        });
    }

    @Test
    @Order(2)
    void a_token_that_is_too_old_is_refused_and_says_when_it_ended() throws Exception {
        String token = token("--ttl", "1s");
        Said said = Eventually.gives("the token expires", () -> {
            Said dry = easts.meshctl("link", "accept", token, "--yes", "--dry-run");
            return dry.err().contains("expired at") ? Optional.of(dry) : Optional.empty();
        });
        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("ask the other side for a new one: meshctl link create");
    }

    @Test
    @Order(3)
    void the_own_token_names_where_to_use_it() throws Exception {
        Said said = accept(wests, token());
        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("this mesh itself", "next:", "--cluster");
    }

    @Test
    @Order(4)
    void a_token_for_somebody_else_is_refused_by_the_other_side() throws Exception {
        Said said = accept(easts, token("--for", "south"));
        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("the token is for cluster south", "ask the other side for a new token");
        assertThat(easts.meshctl("link", "list", "-o", "name").out()).as("what is left of it").isBlank();
    }

    @Test
    @Order(5)
    void a_good_token_links_both_and_is_then_used_up() throws Exception {
        String token = token();
        Said linked = accept(easts, token);
        assertThat(linked.code()).as(linked.err()).isZero();
        Eventually.holds("west sees the link too", () ->
                wests.meshctl("link", "list").out().contains("east\tActive"));

        Said twice = accept(easts, token);
        assertThat(twice.code()).isEqualTo(1);
        assertThat(twice.err()).contains("is linked already", "meshctl link list --cluster east");

        Said used = accept(norths, token);
        assertThat(used.code()).as(used.out() + used.err()).isEqualTo(1);
        assertThat(used.err()).contains("west refused the token", "ask the other side for a new token");
    }
}
