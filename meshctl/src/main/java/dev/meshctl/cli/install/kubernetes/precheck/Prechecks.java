package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.verify.Result;
import dev.meshctl.kubernetes.failure.ApiException;
import java.util.ArrayList;
import java.util.List;

/** All checks, in the order in which they are told. One that cannot look says so, and stops no other. */
public final class Prechecks {
    private static final List<Precheck> ALL = List.of(new ServerVersion(), new ClockSkew(), new NamespaceState(),
            new Permissions(), new ForeignKinds(), new TrustDomainKept(), new RevisionsInUse(), new Leftovers(), new OtherWebhooks());

    private Prechecks() {}

    /** Every finding, those that are well included. */
    public static List<Finding> of(Situation situation) {
        List<Finding> findings = new ArrayList<>();
        for (Precheck check : ALL) {
            try {
                findings.addAll(check.of(situation));
            } catch (ApiException e) {
                findings.add(new Finding(check.name(), Result.UNKNOWN, e.failure().sentence(), e.failure().next()));
            }
        }
        return findings;
    }
}
