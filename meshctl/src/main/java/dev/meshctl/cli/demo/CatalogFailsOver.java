package dev.meshctl.cli.demo;

import dev.meshctl.cli.run.RunningWorkload;
import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** catalog is in both clusters; its instance in west dies under load. */
final class CatalogFailsOver implements DemoStep {
    private static final String CATALOG = "http://catalog.shop.svc.clusterset.local/";
    private static final double RATE = 60;
    private static final int ENOUGH = 80;

    @Override
    public String name() {
        return "failover";
    }

    @Override
    public String title() {
        return "catalog loses its instance in west under load, and no request fails";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        try (LoadClient load = world.load("west/web/v1", CATALOG, RATE)) {
            LoadReport before = Await.until("catalog serves from west", DemoWorld.SOON, () -> {
                LoadReport seen = load.report();
                return seen.byCluster().getOrDefault("west", 0L) >= ENOUGH / 2 ? Optional.of(seen) : Optional.empty();
            });
            RunningWorkload catalog = world.workload("west/catalog/v1");
            catalog.signal("KILL");
            int exit = await(catalog);
            LoadReport atKill = load.report();
            LoadReport after = Await.until("catalog serves from east", DemoWorld.SOON, () -> {
                LoadReport seen = load.report().since(atKill);
                return seen.byCluster().getOrDefault("east", 0L) >= ENOUGH ? Optional.of(seen) : Optional.empty();
            });
            LoadReport all = load.stop();
            DemoFailure.unless(all.failed() == 0,
                    all.failed() + " requests failed: " + all.byCause() + " " + all.firstFailures());
            return List.of(
                    "before: " + before.byCluster() + " requests by cluster",
                    "kill -9 of catalog in west (exit code " + exit + ")",
                    "after: " + after.byCluster() + ", in all %d requests, 0 failed".formatted(all.requests()));
        }
    }

    private static int await(RunningWorkload workload) throws DemoFailure, InterruptedException {
        try {
            return workload.exit().get(DemoWorld.SOON.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new DemoFailure("catalog in west did not die: " + e, e);
        }
    }
}
