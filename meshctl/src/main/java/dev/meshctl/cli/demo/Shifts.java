package dev.meshctl.cli.demo;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** Follows a shift to its end, and what callers saw at each weight. */
final class Shifts {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration PAUSE = Duration.ofMillis(25);
    private Shifts() {}

    /**
     * What callers saw while a weight was in force, from when it had settled.
     *
     * @param weight percent for the new version
     */
    record Stage(int weight, LoadReport seen) {}

    /**
     * A shift that has ended.
     *
     * @param phase as in the status
     * @param reason as in the status
     */
    record Ended(String phase, String reason, List<Stage> stages) {}

    /**
     * Applies a shift and follows it while a load runs.
     *
     * @param bake of the shift. New weights take a moment through both control planes and gateways; callers are counted after
     *     two fifths of it
     */
    static Ended follow(DemoWorld world, Cluster cluster, Map<String, Object> shift, String name, Duration bake, LoadClient load)
            throws DemoFailure, InterruptedException {
        long settleNanos = bake.multipliedBy(2).dividedBy(5).toNanos();
        world.apply(cluster, List.of(shift));
        List<Stage> stages = new ArrayList<>();
        int weight = 0;
        LoadReport since = load.report();
        long changed = System.nanoTime();
        boolean settled = true;
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            ObjectNode status = world.control(cluster).find("TrafficShift", Resources.NAMESPACE, name)
                    .map(resource -> resource.withObject("status"))
                    .orElseThrow(() -> new DemoFailure("the shift " + name + " is gone"));
            String phase = status.path("phase").asString("");
            int now = status.path("weight").asInt(0);
            boolean ended = List.of("Succeeded", "Reverted", "Failed").contains(phase);
            if (now != weight || ended) {
                LoadReport seen = load.report();
                if (weight > 0) {
                    stages.add(new Stage(weight, seen.since(since)));
                }
                since = seen;
                weight = now;
                changed = System.nanoTime();
                settled = false;
            } else if (!settled && System.nanoTime() - changed > settleNanos) {
                since = load.report();
                settled = true;
            }
            if (ended) {
                return new Ended(phase, status.path("reason").asString(""), stages);
            }
            Thread.sleep(PAUSE);
        }
        throw new DemoFailure("the shift " + name + " has not ended within " + LIMIT.toSeconds() + " s");
    }
}
