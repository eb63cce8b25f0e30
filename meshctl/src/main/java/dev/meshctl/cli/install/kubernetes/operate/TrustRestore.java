package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.install.kubernetes.checkpoint.TrustBackups;
import dev.meshctl.cli.install.kubernetes.checkpoint.TrustBackups.Standing;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.verify.Result;
import java.util.List;
import java.util.Optional;

/**
 * What a way back does with the CA.
 *
 * @param backup that is put in place; empty: the present CA stays
 */
record TrustRestore(Optional<String> backup, List<Finding> findings) {
    private static final String CHECK = "trust";

    /** @param then what the CA was; empty if that is not asked for, or not known */
    static TrustRestore of(TrustBackups backups, Optional<String> then) {
        return then.flatMap(name -> backups.standing(name).map(standing -> of(name, standing)))
                .orElseGet(() -> new TrustRestore(Optional.empty(), List.of()));
    }

    private static TrustRestore of(String name, Standing standing) {
        return switch (standing) {
            case Standing.Same(String root) -> new TrustRestore(Optional.empty(),
                    List.of(new Finding(CHECK, Result.PASS, "the CA has the root of then, " + root, "")));
            case Standing.HalfRestored(String root) -> new TrustRestore(Optional.of(name), List.of(new Finding(CHECK, Result.WARN,
                    "the CA was put back (%s), but the trust bridge not started anew with it: that is done now".formatted(root), "")));
            case Standing.Damaged(String why) -> new TrustRestore(Optional.of(name), List.of(
                    new Finding(CHECK, Result.WARN, "the CA cannot be used (" + why + "); the one of then is put back", "")));
            case Standing.Other(String root, String old) -> new TrustRestore(Optional.empty(), List.of(new Finding(CHECK, Result.WARN,
                    "the CA has another root (%s) than then (%s), and stays: workloads and linked meshes trust it now"
                            .formatted(root, old), "meshctl trust status")));
        };
    }
}
