package dev.meshctl.proxy.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryPortsTest {
    @ParameterizedTest
    @CsvSource({"32768, 60999", "1024, 40000", "15000, 65535", "1, 60000", "40000, 40063"})
    void a_port_is_random_and_none_that_the_kernel_would_give_to_an_application(int first, int last) {
        QueryPorts ports = QueryPorts.parse(first + "\t" + last + "\n");

        List<Integer> chosen = IntStream.range(0, 20_000).mapToObj(i -> ports.next()).toList();

        assertThat(chosen).allMatch(port -> port >= 1024 && port <= 65_535 && (port < first || port > last));
        assertThat(chosen.stream().distinct().count()).isGreaterThan(1_000);
    }

    @Test
    void where_the_kernel_takes_almost_all_it_chooses() {
        assertThat(new QueryPorts(1025, 65_000).next()).isZero();
        assertThat(new QueryPorts(1, 65_535).next()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "2 1", "a b", "1 2 3"})
    void what_is_no_range_is_refused(String text) {
        assertThatThrownBy(() -> QueryPorts.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
