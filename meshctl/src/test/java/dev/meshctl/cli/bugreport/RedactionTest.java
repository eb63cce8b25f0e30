package dev.meshctl.cli.bugreport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class RedactionTest {
    private static final String SECRET = "Zm9vYmFyYmF6cXV4";

    private final Redaction redaction = new Redaction();

    static Stream<String> texts() {
        return Stream.of(
                "-----BEGIN PRIVATE KEY-----\n" + SECRET + "\n-----END PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\\n" + SECRET + "\\n-----END EC PRIVATE KEY-----\\n",
                "cut short: -----BEGIN RSA PRIVATE KEY-----\n" + SECRET,
                "tls.key: LS0tLS1CRUdJTiBQUklWQVRF" + SECRET,
                "eyJhbGciOiJSUzI1NiJ9." + SECRET + "." + SECRET,
                "GET / Authorization: Bearer " + SECRET,
                "authorization: Basic " + SECRET,
                "{\"authorization\" : \"Bearer " + SECRET + "\"}",
                "{\\\"Authorization\\\":\\\"Bearer " + SECRET + "\\\"}",
                "headers={authorization=[Bearer " + SECRET + "]}",
                "used bearer " + SECRET + " here",
                "https://admin:" + SECRET + "@db.example.org/x",
                "PASSWORD=" + SECRET,
                "DB_PASSWORD: '" + SECRET + "'",
                "  client-key-data: " + SECRET,
                "\"joinToken\" : \"" + SECRET + "\"",
                "{\\\"clientSecret\\\": \\\"" + SECRET + "\\\"}",
                "api_key = \"" + SECRET + "\"",
                "meshctl link accept mlt1." + SECRET + SECRET,
                "token mjt_" + SECRET + SECRET);
    }

    @ParameterizedTest
    @MethodSource("texts")
    void a_secret_does_not_pass_whatever_it_stands_in(String text) {
        assertThat(redaction.text(text)).doesNotContain(SECRET).contains("[redacted]");
        assertThat(redaction.counts()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "secretName: trust-bridge-ca", "automountServiceAccountToken: false", "tokens_total 17", "token-ttl-seconds: 3600",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "spiffe://west.mesh/ns/shop/sa/payments",
        "the trust bridge gave no token", "http://payments.shop:80/"
    })
    void what_is_none_stays(String text) {
        assertThat(redaction.text(text)).isEqualTo(text);
        assertThat(redaction.counts()).isEmpty();
    }

    @Test
    void an_object_keeps_its_shape_and_loses_its_secrets() {
        ObjectNode secret = (ObjectNode) JsonMapper.shared().readTree("""
                {"kind": "Secret", "metadata": {"name": "x", "managedFields": [], "annotations": {
                  "kubectl.kubernetes.io/last-applied-configuration": "all of it"}}, "data": {"a": "b2s="}}""");
        ObjectNode pod = (ObjectNode) JsonMapper.shared().readTree("""
                {"kind": "Pod", "spec": {"containers": [{"env": [{"name": "API_KEY", "value": "plain"},
                  {"name": "MESHCTL_TOKEN_FILE", "value": "/var/run/token"}]}]}}""");

        assertThat(redaction.object(secret).toString()).isEqualTo(
                "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"x\",\"annotations\":{}},\"data\":{\"a\":\"[redacted]\"}}");
        assertThat(redaction.object(pod).toString()).doesNotContain("plain").contains("/var/run/token");
    }
}
