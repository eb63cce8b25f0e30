package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import java.util.List;
import java.util.stream.Collectors;

/** MV01: daemons and control planes. */
final class ControlPlaneChecks {
    private ControlPlaneChecks() {}

    static void plan(Plan plan, ClusterFacts facts) {
        plan.add(Check.MV0101, facts, () -> daemons(facts));
        plan.add(Check.MV0102, facts, () -> controlPlane(facts));
        plan.add(Check.MV0103, facts, () -> trustBridge(facts));
        plan.add(Check.MV0104, facts, () -> trustConnection(facts));
    }

    private static Finding daemons(ClusterFacts facts) throws UnavailableException, InterruptedException {
        ClusterProcesses processes = facts.processes();
        if (!processes.reachable()) {
            return Finding.unknown(processes.problem(), "meshctl cluster list");
        }
        if (!processes.installed()) {
            return Finding.fail("not installed", "meshctl install --cluster " + facts.name());
        }
        List<ComponentProcess> down = processes.components().stream().filter(c -> !c.ready()).toList();
        if (!down.isEmpty()) {
            return Finding.fail(
                    down.stream().map(ControlPlaneChecks::describe).collect(Collectors.joining("; ")),
                    "meshctl install --cluster " + facts.name());
        }
        String running = processes.components().stream()
                .map(c -> c.pid() == 0 ? c.name() : c.name() + " pid " + c.pid()).collect(Collectors.joining(", "));
        if (!processes.supervised()) {
            return Finding.warn("the supervisor does not run, so nothing starts a daemon again (" + running + ")",
                    "meshctl install --cluster " + facts.name());
        }
        return Finding.pass(running);
    }

    private static String describe(ComponentProcess component) {
        String state = component.held() ? "held" : !component.runs() ? "does not run" : "is not ready";
        return component.name() + " " + state
                + (component.lastExit().isEmpty() ? "" : " (" + component.lastExit() + ")");
    }

    // Here the answer itself is the question, so none is a failure and not "unknown".
    private static Finding controlPlane(ClusterFacts facts) throws InterruptedException {
        try {
            StatusResponse status = facts.status();
            return Finding.pass("snapshot %d, %d services, %d workloads, %d proxies".formatted(
                    status.getSnapshotVersion(), status.getServices(), status.getWorkloads(),
                    status.getProxiesConnected()));
        } catch (UnavailableException e) {
            return Finding.fail(e.getMessage() + "", "meshctl status --cluster " + facts.name());
        }
    }

    private static Finding trustBridge(ClusterFacts facts) throws InterruptedException {
        try {
            TrustStatus trust = facts.trust();
            return Finding.pass("trust domain %s, %d SVIDs issued".formatted(
                    trust.getTrustDomain(), trust.getSvidsIssued()));
        } catch (UnavailableException e) {
            return Finding.fail(e.getMessage() + "", "meshctl status --cluster " + facts.name());
        }
    }

    private static Finding trustConnection(ClusterFacts facts) throws UnavailableException, InterruptedException {
        StatusResponse status = facts.status();
        return status.getTrustBridgeConnected()
                ? Finding.pass("connected, " + status.getBundlesCount() + " bundles")
                : Finding.fail("not connected: " + status.getTrustBridgeError(),
                        "meshctl trust status --cluster " + facts.name());
    }
}
