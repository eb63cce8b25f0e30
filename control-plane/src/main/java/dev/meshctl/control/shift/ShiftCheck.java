package dev.meshctl.control.shift;

import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.policy.Finding;
import dev.meshctl.control.policy.References;
import dev.meshctl.control.policy.ServiceCatalog;
import dev.meshctl.control.telemetry.TelemetryStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Finds shifts that cannot be carried out. */
public final class ShiftCheck {
    private ShiftCheck() {}

    /**
     * Checks a shift that is about to be stored.
     *
     * @param stored its state before, if any
     * @param others all shifts; the shift's own old state may be among them
     */
    public static List<Finding> check(
            TrafficShift shift, Optional<TrafficShift> stored, Collection<TrafficShift> others, ServiceCatalog catalog) {
        List<Finding> findings = new ArrayList<>();
        Optional<String> noService = References.missing(shift.service(), catalog);
        if (noService.isPresent()) {
            findings.add(error(shift, "spec.service", noService.get()));
        } else {
            References.missing(shift.service(), shift.spec().from(), catalog)
                    .ifPresent(why -> findings.add(error(shift, "spec.from", why)));
            References.missing(shift.service(), shift.spec().to(), catalog)
                    .ifPresent(why -> findings.add(error(shift, "spec.to", why)));
        }
        stored.filter(ShiftCheck::underWay).filter(old -> !sameVersions(old, shift)).ifPresent(old -> findings.add(error(
                shift, "spec", "is under way from %s to %s; roll it back, or let it end, before it shifts something else"
                        .formatted(old.spec().from(), old.spec().to()))));
        others.stream()
                .filter(other -> !other.key().equals(shift.key()) && other.service().equals(shift.service()) && underWay(other))
                .findFirst()
                .ifPresent(other -> findings.add(warning(shift, "spec.service",
                        other.key() + " shifts the same service; this one waits until it has ended")));
        if (shift.spec().gate().isPresent() && shift.spec().bake().compareTo(TelemetryStore.HISTORY) > 0) {
            findings.add(warning(shift, "spec.bake", "is longer than the history of 15m; the gate looks at its last 15m only"));
        }
        return List.copyOf(findings);
    }

    /** The shift as it is to be stored: the status belongs to the control plane, so that of the text is not used. */
    public static TrafficShift keepStatus(TrafficShift applied, Optional<TrafficShift> stored) {
        return applied.withStatus(stored.map(TrafficShift::status).orElse(TrafficShift.Status.PENDING));
    }

    private static boolean underWay(TrafficShift shift) {
        return !shift.status().phase().ended() && shift.status().weight() > 0;
    }

    private static boolean sameVersions(TrafficShift a, TrafficShift b) {
        return a.spec().from().equals(b.spec().from()) && a.spec().to().equals(b.spec().to())
                && a.spec().service().equals(b.spec().service());
    }

    private static Finding error(TrafficShift shift, String path, String message) {
        return new Finding(Finding.Severity.ERROR, shift.key(), path, message);
    }

    private static Finding warning(TrafficShift shift, String path, String message) {
        return new Finding(Finding.Severity.WARNING, shift.key(), path, message);
    }
}
