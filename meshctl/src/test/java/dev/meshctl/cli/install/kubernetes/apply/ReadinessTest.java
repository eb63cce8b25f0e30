package dev.meshctl.cli.install.kubernetes.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.apply.Readiness.State;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ReadinessTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "READY   | 2 of 2 available | {'observedGeneration': 3, 'replicas': 2, 'updatedReplicas': 2, 'availableReplicas': 2}",
        "WAITING | 2 of 2 available, rolling out | {'observedGeneration': 2, 'replicas': 2, 'updatedReplicas': 2, 'availableReplicas': 2}",
        "WAITING | 1 of 2 available | {'observedGeneration': 3, 'replicas': 2, 'updatedReplicas': 2, 'availableReplicas': 1}",
        "WAITING | 1 of 2 available, rolling out | {'observedGeneration': 3, 'replicas': 2, 'updatedReplicas': 1, 'availableReplicas': 2}",
        "WAITING | 2 of 2 available, rolling out | {'observedGeneration': 3, 'replicas': 3, 'updatedReplicas': 2, 'availableReplicas': 2}",
        "WAITING | 0 of 2 available, rolling out | {}"})
    void a_deployment_is_ready_when_all_pods_are_new_and_available(State state, String now, String status) {
        Readiness readiness = of("{'kind': 'Deployment', 'metadata': {'generation': 3}, 'spec': {'replicas': 2}, 'status': %s}".formatted(status));

        assertThat(readiness).isEqualTo(new Readiness(state, now));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "READY | [{'type': 'Established', 'status': 'True'}]",
        "WAITING | []",
        "WAITING | [{'type': 'Established', 'status': 'False', 'message': 'installing'}]",
        "BROKEN | [{'type': 'NamesAccepted', 'status': 'False', 'message': 'mesh is taken'}]"})
    void a_kind_is_ready_when_it_is_established_and_broken_when_its_name_is_taken(State state, String conditions) {
        assertThat(of("{'kind': 'CustomResourceDefinition', 'status': {'conditions': %s}}".formatted(conditions)).state()).isEqualTo(state);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "READY | {'caBundle': 'eA=='}", "WAITING | {'caBundle': ''}", "WAITING | {}"})
    void a_webhook_is_ready_when_its_ca_is_there(State state, String client) {
        assertThat(of("{'kind': 'ValidatingWebhookConfiguration', 'webhooks': [{'name': 'w', 'clientConfig': %s}]}".formatted(client)).state())
                .isEqualTo(state);
    }

    private static Readiness of(String json) {
        return Readiness.of((ObjectNode) JsonMapper.builder().build().readTree(json.replace('\'', '"')));
    }
}
