package dev.meshctl.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestPathTest {
    @ParameterizedTest
    @CsvSource({"/admin,/admin", "//admin,/admin", "/a/../admin,/admin", "/a/%2e%2e/admin,/admin", "/./admin/,/admin/",
        "/a/..%2fadmin,/admin", "/%61dmin,/admin", "/..\\admin,/admin", "/admin;x=1/keys,/admin/keys", "/../..,/", "/%zz,/%zz"})
    void every_spelling_of_a_path_becomes_the_same(String spelled, String canonical) {
        assertThat(RequestPath.canonical(spelled)).isEqualTo(canonical);
    }
}
