package dev.meshctl.cli.demo;

import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The control plane of west stops; traffic goes on, and a change made meanwhile arrives when it is back. */
final class ControlPlaneOutage implements DemoStep {
    private static final String COMPONENT = "control-plane";
    private static final double RATE = 60;
    private static final int ENOUGH = 100;

    @Override
    public String name() {
        return "control-plane-outage";
    }

    @Override
    public String title() {
        return "west loses its control plane, traffic goes on, and it catches up";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        Cluster west = world.west();
        Platform platform = world.context().platform();
        try (LoadClient load = world.load("west/web/v1", CallAcross.PAYMENTS, RATE)) {
            Await.that("payments is served by v2", DemoWorld.SOON,
                    () -> load.report().byVersion().getOrDefault("v2", 0L) > 10);
            platform.hold(west, COMPONENT);
            DemoFailure.unless(isAway(world, west), "the control plane of west still answers");
            LoadReport atStop = load.report();
            // While west's control plane is away, east moves payments back to v1.
            world.apply(world.east(), List.of(Resources.route("payments", Map.of("v1", 100))));
            LoadReport during = Await.until("requests go on", DemoWorld.SOON, () -> {
                LoadReport seen = load.report().since(atStop);
                return seen.requests() >= ENOUGH ? Optional.of(seen) : Optional.empty();
            });
            platform.release(west, COMPONENT);
            LoadReport back = load.report();
            Await.that("west has caught up: payments is served by v1 only", DemoWorld.SOON, () -> {
                LoadReport seen = load.report().since(back);
                return seen.byVersion().getOrDefault("v1", 0L) > 20;
            });
            LoadReport all = load.stop();
            DemoFailure.unless(all.failed() == 0,
                    all.failed() + " requests failed: " + all.byCause() + " " + all.firstFailures());
            return List.of(
                    "while it was stopped: %d requests, 0 failed, from %s".formatted(
                            during.requests(), during.byVersion()),
                    "east moved payments to v1 meanwhile; back again, west has followed",
                    "in all %d requests, 0 failed".formatted(all.requests()));
        }
    }

    private static boolean isAway(DemoWorld world, Cluster west) {
        try {
            world.context().connections().admin(west)
                    .withDeadlineAfter(1, java.util.concurrent.TimeUnit.SECONDS)
                    .status(StatusRequest.getDefaultInstance());
            return false;
        } catch (io.grpc.StatusRuntimeException | CliError e) {
            return true;
        }
    }
}
