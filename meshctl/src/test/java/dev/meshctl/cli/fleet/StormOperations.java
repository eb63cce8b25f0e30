package dev.meshctl.cli.fleet;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.cluster.RunningCluster;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;

/** What is done to the fleet, each thing again and again until meshctl says it is done; and what is to be there then. */
final class StormOperations {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    /** So long whoever operates has no luck either. */
    private static final Duration BAD_LUCK = Duration.ofSeconds(25);

    private final StormFleet fleet;
    private final SplittableRandom random;
    private boolean linked;
    private boolean exported;
    private boolean denied;

    StormOperations(StormFleet fleet, SplittableRandom random) {
        this.fleet = fleet;
        this.random = random;
    }

    boolean linked() {
        return linked;
    }

    boolean exported() {
        return exported;
    }

    boolean denied() {
        return denied;
    }

    /** One thing, by chance. */
    void any() throws Exception {
        int dice = random.nextInt(100);
        if (dice < 50) {
            if (linked) {
                unlink(side());
            } else {
                link();
            }
        } else if (dice < 65) {
            export(!exported);
        } else if (dice < 80) {
            deny(!denied);
        } else if (dice < 90) {
            fleet.replaceCallee();
        } else if (linked) {
            unlink(side());
            link();
        } else {
            link();
            unlink(side());
        }
    }

    String side() {
        return random.nextBoolean() ? "west" : "east";
    }

    /** A daemon or a whole cluster dies and comes back. */
    void disturb() throws Exception {
        String side = side();
        RunningCluster cluster = fleet.cluster(side);
        int dice = random.nextInt(10);
        if (dice == 0) {
            fleet.note("power of " + side + " fails");
            cluster.powerFails();
            Thread.sleep(random.nextInt(1000, 6000));
            cluster.powerComesBack();
            fleet.note("power of " + side + " is back");
            return;
        }
        if (dice == 1) {
            fleet.note("API server of " + side + " restarts");
            cluster.apiServerGoesAway();
            Thread.sleep(random.nextInt(500, 6000));
            cluster.apiServerComesBack();
            return;
        }
        try {
            if (dice < 4) {
                String deployment = side.equals("west") ? "web-v1" : fleet.callee();
                fleet.note("kill proxy of " + deployment);
                cluster.kill("shop", deployment, "meshctl-proxy");
                return;
            }
            String part = StormFleet.PARTS.get(random.nextInt(StormFleet.PARTS.size()));
            fleet.note((dice < 8 ? "kill " : "delete pod of ") + part + " in " + side);
            if (dice < 8) {
                cluster.kill("mesh-system", part, part);
            } else {
                cluster.delete("pods", "mesh-system", cluster.readyPod("mesh-system", part).path("metadata").path("name").asString(""));
            }
        } catch (AssertionError notReady) {
            fleet.note("nothing to kill: " + notReady.getMessage());
        }
    }

    void link() throws Exception {
        boolean byToken = random.nextBoolean();
        String maker = side();
        again("link", () -> {
            if (byToken ? linkByToken(maker) : fleet.meshctl("link", "west", "east", "--yes", "--timeout", "20s").code() == 0) {
                return true;
            }
            // Somebody who was told that it did not work begins anew.
            removeAt("west");
            removeAt("east");
            return false;
        });
        linked = true;
    }

    private boolean linkByToken(String maker) {
        String taker = StormFleet.other(maker);
        Home.Said token = fleet.meshctl("link", "create", "--cluster", maker, "--for", taker);
        return token.code() == 0
                && fleet.meshctl("link", "accept", token.out().strip(), "--cluster", taker, "--yes").code() == 0;
    }

    void unlink(String first) throws Exception {
        again("unlink", () -> removeAt(first) & removeAt(StormFleet.other(first)));
        linked = false;
    }

    /** @return whether there is none */
    private boolean removeAt(String side) {
        Home.Said said = fleet.meshctl("link", "remove", StormFleet.other(side), "--cluster", side, "--yes");
        return said.err().contains("has no link with");
    }

    void export(boolean wanted) throws Exception {
        again(wanted ? "export" : "unexport", () ->
                fleet.meshctl(wanted ? "export" : "unexport", "payments.shop", "--cluster", "east", "--yes").code() == 0
                        || !wanted && fleet.cluster("east").find("serviceexports.multicluster.x-k8s.io", "shop", "payments").isEmpty());
        exported = wanted;
    }

    void deny(boolean wanted) throws Exception {
        List<String> command = wanted
                ? List.of("policy", "deny", "payments.shop", "--from", "ns:shop", "--name", "no-shop", "--cluster", "east", "--yes")
                : List.of("delete", "accesspolicy", "no-shop", "-n", "shop", "--cluster", "east", "--yes");
        again(wanted ? "deny" : "allow", () -> fleet.meshctl(command.toArray(String[]::new)).code() == 0
                || fleet.cluster("east").find("accesspolicies.meshctl.dev", "shop", "no-shop").isPresent() == wanted);
        denied = wanted;
    }

    private void again(String what, Callable<Boolean> attempt) throws Exception {
        long begin = System.nanoTime();
        boolean lucky = false;
        while (!attempt.call()) {
            long nanos = System.nanoTime() - begin;
            if (nanos > PATIENCE.toNanos()) {
                throw new AssertionError("not done within " + PATIENCE.toSeconds() + " s: " + what);
            }
            if (!lucky && nanos > BAD_LUCK.toNanos()) {
                lucky = true;
                fleet.faults(true, false);
            }
            Thread.sleep(200);
        }
        fleet.note("done: " + what);
    }
}
