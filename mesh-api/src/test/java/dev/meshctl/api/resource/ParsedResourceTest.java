package dev.meshctl.api.resource;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParsedResourceTest {
    private static final String ROUTE = """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata:
              name: payments
              namespace: shop
              labels:
                example.org/team: pay
            spec:
              parentRefs:
              - name: payments
                port: 80
              - name: payments
                port: 81
              rules:
              - backendRefs:
                - name: payments
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "spec.rules[0].backendRefs[0].name | 16:13",
        "spec.rules[0].backendRefs[0].weight | 16:7",
        "spec.rules[7].backendRefs | 15:3",
        "metadata.labels[example.org/team] | 7:23",
        "metadata.labels[example.org/other] | 7:5",
        "spec.parentRefs[name=\"payments\",port=81].port | 13:11",
        "spec.parentRefs[name=payments].port | 11:11",
        "spec.parentRefs[name=refunds].port | 10:3",
        "spec.parentRefs[port].port | 10:3",
        "spec.parentRefs[99999999999].port | 10:3",
        "'' | 1:1"})
    void a_field_is_where_it_stands_or_else_where_the_nearest_one_above_it_does(String path, String place) throws InvalidResource {
        ParsedResource route = ResourceParser.parsed("routes.yaml", ROUTE, "default").getFirst();

        assertThat(route.at(path)).isEqualTo("routes.yaml:" + place);
    }
}
