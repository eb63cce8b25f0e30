package dev.meshctl.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimesTest {
    @ParameterizedTest
    @CsvSource({"-PT5S,0s", "PT0S,0s", "PT119S,119s", "PT2M,2m", "PT9M59S,9m59s", "PT10M59S,10m", "PT2H59M,179m", "PT3H,3h",
        "PT7H59M,7h59m", "PT8H59M,8h", "PT47H,47h", "PT48H,2d", "PT191H,7d23h", "PT192H,8d", "P729D,729d", "P730D,2y",
        "P800D,2y70d", "P3000D,8y"})
    void an_age_has_two_units_while_the_smaller_one_matters(String age, String shown) {
        assertThat(Times.age(Duration.parse(age))).isEqualTo(shown);
    }
}
