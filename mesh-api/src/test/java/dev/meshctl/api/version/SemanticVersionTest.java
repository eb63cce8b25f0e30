package dev.meshctl.api.version;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SemanticVersionTest {
    @ParameterizedTest
    @CsvSource({"1.4.2,1.4", "v1.4,1.4", "0.1.0-SNAPSHOT,0.1", "10.20.30-rc.1+build_7,10.20", "00001.2.x,1.2"})
    void major_and_minor_are_read_whatever_comes_after_them(String text, String read) {
        assertThat(SemanticVersion.parse(text).orElseThrow()).hasToString(read);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "dev", "latest", "1", "1.", ".4", "1.4 ", " 1.4", "1.4\n", "1.4.2\u001b[31m", "1.4-\u00e4", "1.4,5",
        "123456.1", "1.123456", "-1.4", "1.4.2;rm", "vv1.4"})
    void anything_else_is_no_version(String text) {
        assertThat(SemanticVersion.parse(text)).isEmpty();
    }

    @Test
    void it_is_bounded() {
        assertThat(SemanticVersion.parse("1.4." + "9".repeat(SemanticVersion.MAX_LENGTH - 4))).isPresent();
        assertThat(SemanticVersion.parse("1.4." + "9".repeat(SemanticVersion.MAX_LENGTH - 3))).isEmpty();
        assertThat(SemanticVersion.parse("1.4.".repeat(1_000_000))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1.4,1.2,2", "1.2,1.4,-2", "1.4.9,1.4.0,0"})
    void what_is_apart_is_counted_in_minor_versions(String here, String there, int minors) {
        assertThat(SemanticVersion.parse(here).orElseThrow().ahead(SemanticVersion.parse(there).orElseThrow())).isEqualTo(minors);
    }

    @Test
    void another_major_version_is_beyond_any_number_of_minor_ones() {
        SemanticVersion one = new SemanticVersion(1, 99_999);
        SemanticVersion two = new SemanticVersion(2, 0);

        assertThat(two.ahead(one)).isGreaterThan(100_000);
        assertThat(one.ahead(two)).isLessThan(-100_000);
    }
}
