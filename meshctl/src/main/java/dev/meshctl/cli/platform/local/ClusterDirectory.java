package dev.meshctl.cli.platform.local;

import dev.meshctl.trust.TrustBridge;
import java.nio.file.Path;

/** Where what of a local cluster is. */
record ClusterDirectory(Path root) {
    Path of(Component component) {
        return root.resolve(component.directory());
    }

    Path config(Component component) {
        return of(component).resolve("config.json");
    }

    Path ready(Component component) {
        return of(component).resolve("ready.json");
    }

    Path tokens(Component component) {
        return of(component).resolve("tokens");
    }

    /** Standard output and error of the daemon: what it says when it cannot start. */
    Path console(Component component) {
        return of(component).resolve("console.log");
    }

    /** While this file is there the supervisor keeps the component stopped. */
    Path held(Component component) {
        return of(component).resolve("held");
    }

    Path bundle() {
        return of(Component.TRUST_BRIDGE).resolve("bundle.json");
    }

    /** The socket of the trust bridge for the owner of the directory. */
    Path trustSocket() {
        return of(Component.TRUST_BRIDGE).resolve("admin.sock");
    }

    Path supervisor() {
        return root.resolve("supervisor");
    }

    Path supervisorState() {
        return supervisor().resolve("state.json");
    }

    /** While this file is there, what is left of the cluster is to be removed. */
    Path removing() {
        return supervisor().resolve("removing");
    }

    Path supervisorLock() {
        return supervisor().resolve("lock");
    }

    Path supervisorConsole() {
        return supervisor().resolve("console.log");
    }
}
