package dev.meshctl.cli.demo;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import dev.meshctl.cli.run.RunningWorkload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** Installs both clusters and starts the shop in them. */
final class ClustersUp implements DemoStep {
    @Override
    public String name() {
        return "clusters-up";
    }

    @Override
    public String title() {
        return "two clusters come up, and the shop in them";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        DemoWorld.together(List.of(
                () -> installed(world, world.west(), westShop(world)),
                () -> installed(world, world.east(), eastShop(world))));
        List<String> evidence = new ArrayList<>();
        for (Cluster cluster : List.of(world.west(), world.east())) {
            ClusterProcesses processes = world.context().platform().processes(cluster);
            DemoFailure.unless(processes.allReady(), cluster.name() + " is not ready: " + processes.components());
            evidence.add("%s: %d daemons ready, trust domain %s, gateway at %s".formatted(cluster.name(),
                    processes.components().size(), cluster.trustDomain(), cluster.address(Cluster.GATEWAY_EAST_WEST)));
        }
        evidence.add("west runs web, orders, catalog; east runs payments v1 and v2, inventory, catalog");
        RunningWorkload web = world.workload("west/web/v1");
        evidence.add("web is " + web.spiffeId() + ", its calls go to " + web.outbound());
        return evidence;
    }

    private static List<SampleProcess> westShop(DemoWorld world) {
        return List.of(
                new SampleProcess(world.west(), "web", "v1", List.of("--call", "http://orders.shop/")),
                new SampleProcess(world.west(), "orders", "v1", List.of()),
                new SampleProcess(world.west(), "catalog", "v1", List.of()));
    }

    private static List<SampleProcess> eastShop(DemoWorld world) {
        return List.of(
                new SampleProcess(world.east(), "payments", "v1", List.of()),
                new SampleProcess(world.east(), "payments", "v2", List.of()),
                new SampleProcess(world.east(), "inventory", "v1", List.of()),
                new SampleProcess(world.east(), "catalog", "v1", List.of()));
    }

    private static Void installed(DemoWorld world, Cluster cluster, List<SampleProcess> shop)
            throws DemoFailure, InterruptedException {
        world.install(cluster);
        world.apply(cluster, List.of(Resources.settings()));
        List<Callable<Void>> starts = new ArrayList<>();
        for (SampleProcess process : shop) {
            starts.add(() -> {
                world.start(process);
                return null;
            });
        }
        DemoWorld.together(starts);
        if (cluster.equals(world.east())) {
            // Everything stays on v1 until the shift.
            world.apply(cluster, List.of(Resources.route("payments", Map.of("v1", 100))));
        }
        return null;
    }
}
