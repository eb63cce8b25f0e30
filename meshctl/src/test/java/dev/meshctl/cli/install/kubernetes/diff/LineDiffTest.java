package dev.meshctl.cli.install.kubernetes.diff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineDiffTest {
    @Test
    void equal_texts_have_no_difference() {
        assertThat(LineDiff.of(List.of("a", "b"), List.of("a", "b"))).isEmpty();
    }

    @Test
    void a_replaced_line_is_shown_with_three_lines_around_it() {
        List<String> before = IntStream.rangeClosed(1, 20).mapToObj(i -> "line " + i).toList();
        List<String> after = new ArrayList<>(before);
        after.set(9, "changed");

        assertThat(LineDiff.of(before, after)).containsExactly("@@ 7 @@", " line 7", " line 8", " line 9", "-line 10", "+changed",
                " line 11", " line 12", " line 13");
    }

    @Test
    void a_long_line_is_cut_where_it_stays_and_whole_where_it_changes() {
        String bundle = "caBundle: " + "x".repeat(1000);
        String other = "token: " + "y".repeat(1000);

        assertThat(LineDiff.of(List.of(bundle, "name: a", other), List.of(bundle, "name: b", other + "z")))
                .hasSize(6).anySatisfy(line -> assertThat(line).startsWith(" caBundle: xxx").endsWith("x…").hasSize(120))
                .contains("-" + other, "+" + other + "z");
    }

    @Test
    void changes_that_are_far_apart_are_shown_apart() {
        List<String> before = IntStream.rangeClosed(1, 40).mapToObj(i -> "line " + i).toList();
        List<String> after = new ArrayList<>(before);
        after.remove(30);
        after.addFirst("first");

        assertThat(LineDiff.of(before, after)).filteredOn(line -> line.startsWith("@@")).hasSize(2);
    }

    @Test
    void the_difference_leads_from_one_text_to_the_other_whatever_they_are() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            List<String> before = lines(random);
            List<String> after = lines(random);
            List<String> diff = LineDiff.of(before, after);
            List<String> removed = diff.stream().filter(line -> line.startsWith("-")).map(line -> line.substring(1)).toList();
            List<String> added = diff.stream().filter(line -> line.startsWith("+")).map(line -> line.substring(1)).toList();

            List<String> rest = new ArrayList<>(before);
            removed.forEach(rest::remove);
            List<String> kept = new ArrayList<>(after);
            added.forEach(kept::remove);
            assertThat(rest.stream().sorted().toList()).isEqualTo(kept.stream().sorted().toList());
        }
    }

    private static List<String> lines(Random random) {
        return random.ints(random.nextInt(12), 0, 5).mapToObj(String::valueOf).toList();
    }
}
