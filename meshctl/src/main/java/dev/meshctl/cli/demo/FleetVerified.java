package dev.meshctl.cli.demo;

import dev.meshctl.cli.verify.CheckResult;
import dev.meshctl.cli.verify.Result;
import dev.meshctl.cli.verify.VerifyReport;
import dev.meshctl.cli.verify.VerifyService;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Everything that {@code meshctl verify} checks, after all that was done. */
final class FleetVerified implements DemoStep {
    @Override
    public String name() {
        return "verify";
    }

    @Override
    public String title() {
        return "verify is green";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        // The catalog of west was killed; as it was, so it is again.
        world.start(new SampleProcess(world.west(), "catalog", "v1", List.of()));
        VerifyService service = new VerifyService(
                world.context().connections(), world.context().platform(), InstantSource.system());
        VerifyReport[] last = new VerifyReport[1];
        VerifyReport report;
        try {
            // Links and proxies report on their own time after the outage; red must turn green by itself.
            report = Await.until("verify is green", DemoWorld.SOON, () -> {
                last[0] = service.verify(world.context().fleet(), List.of(world.west(), world.east()),
                        VerifyService.DEFAULT_TIMEOUT, result -> {});
                return last[0].exitCode() == 0 ? Optional.of(last[0]) : Optional.empty();
            });
        } catch (DemoFailure e) {
            throw new DemoFailure(last[0].summary() + "; " + problems(last[0]), e);
        }
        List<String> evidence = new ArrayList<>();
        evidence.add(report.summary());
        report.results().stream()
                .filter(r -> r.check().name().equals("MV0502") || r.result() == Result.WARN)
                .forEach(r -> evidence.add(r.check() + " " + r.subject() + ": " + r.evidence()));
        return evidence;
    }

    private static String problems(VerifyReport report) {
        return String.join("; ", report.results().stream()
                .filter(r -> r.result() == Result.FAIL || r.result() == Result.UNKNOWN)
                .map(FleetVerified::shown).toList());
    }

    private static String shown(CheckResult result) {
        return result.check() + " " + result.subject() + " " + result.result() + ": " + result.evidence();
    }
}
