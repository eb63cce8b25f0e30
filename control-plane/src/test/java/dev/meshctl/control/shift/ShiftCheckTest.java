package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Phase;
import dev.meshctl.control.policy.Finding;
import dev.meshctl.control.policy.ServiceCatalog;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ShiftCheckTest {
    private static final ServiceCatalog CATALOG = new ServiceCatalog() {
        @Override
        public Collection<ServiceName> services() {
            return List.of(ServiceName.parse("payments.shop"));
        }

        @Override
        public Set<String> versions(ServiceName service) {
            return Set.of("v1", "v2");
        }

        @Override
        public Map<Integer, String> portNames(ServiceName service) {
            return Map.of(80, "http");
        }
    };

    @Test
    void a_shift_of_versions_that_exist_is_fine() throws Exception {
        assertThat(ShiftCheck.check(shift("s", "payments", "v2"), Optional.empty(), List.of(), CATALOG)).isEmpty();
    }

    @Test
    void a_version_or_service_that_is_not_there_is_an_error_with_what_is() throws Exception {
        assertThat(ShiftCheck.check(shift("s", "payments", "v3"), Optional.empty(), List.of(), CATALOG))
                .extracting(Finding::toString)
                .containsExactly("TrafficShift shop/s: spec.to: payments.shop has no version v3; it has v1, v2; did you mean v1?");
        assertThat(ShiftCheck.check(shift("s", "paymets", "v2"), Optional.empty(), List.of(), CATALOG))
                .extracting(Finding::toString)
                .containsExactly("TrafficShift shop/s: spec.service: there is no service paymets.shop; did you mean payments.shop?");
    }

    @Test
    void a_shift_that_is_under_way_cannot_be_turned_into_another_one() throws Exception {
        TrafficShift running = running(shift("s", "payments", "v2"));
        TrafficShift other = running.withStatus(TrafficShift.Status.PENDING);

        assertThat(ShiftCheck.check(other, Optional.of(running), List.of(running), CATALOG)).isEmpty();
        assertThat(ShiftCheck.check(reversed(), Optional.of(running), List.of(running), CATALOG))
                .singleElement().satisfies(finding -> {
                    assertThat(finding.isError()).isTrue();
                    assertThat(finding.message()).contains("under way from v1 to v2").contains("roll it back");
                });
    }

    @Test
    void a_second_shift_of_a_service_is_told_that_it_waits() throws Exception {
        TrafficShift running = running(shift("s", "payments", "v2"));

        assertThat(ShiftCheck.check(shift("t", "payments", "v2"), Optional.empty(), List.of(running), CATALOG))
                .singleElement().satisfies(finding -> {
                    assertThat(finding.isError()).isFalse();
                    assertThat(finding.message()).contains("TrafficShift shop/s shifts the same service");
                });
    }

    @Test
    void the_status_is_the_stored_one_whatever_the_text_says() throws Exception {
        TrafficShift running = running(shift("s", "payments", "v2"));

        assertThat(ShiftCheck.keepStatus(running, Optional.empty()).status()).isEqualTo(TrafficShift.Status.PENDING);
        assertThat(ShiftCheck.keepStatus(shift("s", "payments", "v2"), Optional.of(running)).status())
                .isEqualTo(running.status());
    }

    private static TrafficShift running(TrafficShift shift) {
        return shift.withStatus(new TrafficShift.Status(Phase.PROGRESSING, 0, 10, Optional.empty(), Optional.empty(), "",
                0, true, List.of(), List.of()));
    }

    private static TrafficShift reversed() throws InvalidResource {
        return parse("s", "payments", "v2", "v1");
    }

    private static TrafficShift shift(String name, String service, String to) throws InvalidResource {
        return parse(name, service, "v1", to);
    }

    private static TrafficShift parse(String name, String service, String from, String to) throws InvalidResource {
        return (TrafficShift) ResourceParser.parseOne("test", """
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficShift
                metadata: {name: %s}
                spec: {service: %s, from: %s, to: %s, steps: [10]}
                """.formatted(name, service, from, to), "shop");
    }
}
