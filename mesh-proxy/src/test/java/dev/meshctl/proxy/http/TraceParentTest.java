package dev.meshctl.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceParentTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @ParameterizedTest
    @ValueSource(strings = {
        "00-" + TRACE + "-00f067aa0ba902b7-01",
        "cc-" + TRACE + "-00f067aa0ba902b7-09-what-a-later-version-adds"
    })
    void the_trace_id_of_a_valid_header_is_kept(String header) {
        assertThat(TraceParent.traceId(header)).isEqualTo(TRACE);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "00-" + TRACE + "-00f067aa0ba902b7",
        "00-" + TRACE + "-00f067aa0ba902b7-0",
        "00-" + TRACE + "-00f067aa0ba902b7-01more",
        "00_" + TRACE + "-00f067aa0ba902b7-01",
        "00-" + TRACE + "_00f067aa0ba902b7-01",
        "00-" + TRACE + "-00f067aa0ba902b7_01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-" + TRACE + "-0000000000000000-01",
        "0x-" + TRACE + "-00f067aa0ba902b7-01",
        "00-" + TRACE + "-00f067aa0ba902b7-0g"
    })
    void a_header_that_breaks_the_form_names_no_trace(String header) {
        assertThat(TraceParent.traceId(header)).isNull();
    }

    @Test
    void a_header_of_more_than_512_characters_names_no_trace() {
        String longest = "00-" + TRACE + "-00f067aa0ba902b7-01-" + "x".repeat(456);

        assertThat(longest).hasSize(512);
        assertThat(TraceParent.traceId(longest)).isEqualTo(TRACE);
        assertThat(TraceParent.traceId(longest + "x")).isNull();
    }

    @Test
    void a_trace_that_is_made_is_valid_even_when_chance_gives_zeros() {
        RandomGenerator zeros = () -> 0L;

        TraceParent made = TraceParent.make(zeros);

        assertThat(TraceParent.traceId(made.text())).isEqualTo(made.traceId());
        assertThat(made.traceId()).isEqualTo("00000000000000010000000000000000");
    }
}
