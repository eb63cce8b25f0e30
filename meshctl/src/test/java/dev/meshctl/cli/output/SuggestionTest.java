package dev.meshctl.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionTest {
    @Test
    void names_the_nearest_of_several() {
        assertThat(Suggestion.nearest("statsu", List.of("start", "status", "install"))).hasValue("status");
    }

    @Test
    void says_nothing_when_all_are_far() {
        assertThat(Suggestion.nearest("frobnicate", List.of("west", "east"))).isEmpty();
    }

    @Test
    void counts_swapped_neighbours_as_one_edit() {
        assertThat(Suggestion.distance("lsit", "list")).isEqualTo(1);
    }
}
