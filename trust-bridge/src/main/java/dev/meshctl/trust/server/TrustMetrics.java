package dev.meshctl.trust.server;

import dev.meshctl.api.proto.trust.Authority;
import dev.meshctl.api.proto.trust.BundleStatus;
import dev.meshctl.api.proto.trust.TrustStatus;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The status of a trust bridge as Prometheus text (version 0.0.4). */
final class TrustMetrics implements Supplier<String> {
    private final Supplier<TrustStatus> status;

    TrustMetrics(Supplier<TrustStatus> status) {
        this.status = status;
    }

    @Override
    public String get() {
        TrustStatus now = status.get();
        StringBuilder text = new StringBuilder(2048);
        head(text, "meshctl_trust_svids_issued_total", "counter");
        text.append("meshctl_trust_svids_issued_total ").append(now.getSvidsIssued()).append('\n');
        head(text, "meshctl_trust_refusals_total", "counter");
        new TreeMap<>(now.getRefusalsMap()).forEach((cause, count) ->
                line(text, "meshctl_trust_refusals_total", "cause", cause, count));
        head(text, "meshctl_trust_authority_not_after_seconds", "gauge");
        for (Authority authority : now.getAuthoritiesList()) {
            line(text, "meshctl_trust_authority_not_after_seconds", "kind", authority.getKind(),
                    authority.getNotAfterEpochSeconds());
        }
        head(text, "meshctl_trust_bundle_sequence", "gauge");
        for (BundleStatus bundle : now.getBundlesList()) {
            line(text, "meshctl_trust_bundle_sequence", "trust_domain", bundle.getTrustDomain(), bundle.getSequence());
        }
        return text.toString();
    }

    private static void head(StringBuilder text, String name, String type) {
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void line(StringBuilder text, String name, String label, String value, long number) {
        text.append(name).append('{').append(label).append("=\"").append(value).append("\"} ").append(number).append('\n');
    }
}
