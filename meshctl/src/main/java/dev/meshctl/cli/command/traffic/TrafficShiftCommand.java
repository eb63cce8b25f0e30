package dev.meshctl.cli.command.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.Times;
import dev.meshctl.cli.traffic.Shifts;
import dev.meshctl.cli.traffic.Splits;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code traffic shift}: a gated, stepwise move, carried out by the control plane and followed here. */
@Command(name = "shift", description = {
    "Move the traffic of a service to a version, step by step, under a gate.",
    "The control plane does it by itself; Ctrl-C only stops watching.",
    "Exits 0 when shifted, 1 when it could not be carried out, 3 when the gate reverted it, 4 when it is held or not over in time."
})
final class TrafficShiftCommand extends MeshCommand {
    private static final Duration LONGEST = Duration.ofDays(7);

    @Parameters(paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Option(names = "--to", required = true, paramLabel = "VERSION", description = "the version that gets the traffic")
    String to;

    @Option(names = "--from", paramLabel = "VERSION", defaultValue = "", description = "default: the one with most traffic")
    String from;

    @Option(names = "--steps", split = ",", paramLabel = "PERCENT", defaultValue = "10,50,100",
            description = "ascending, 1 to 100 (default: 10,50,100)")
    List<Integer> steps;

    @Option(names = "--bake", paramLabel = "DURATION", defaultValue = "1m", description = "how long each step is watched (default: 1m)")
    String bake;

    @Option(names = "--min-success", paramLabel = "PERCENT", description = "least success rate of a step")
    @Nullable Double minSuccess;

    @Option(names = "--max-p99", paramLabel = "DURATION", description = "most 99th percentile latency of a step")
    @Nullable String maxP99;

    @Option(names = "--min-requests", paramLabel = "COUNT", defaultValue = "20",
            description = "fewer requests in a step prove nothing and hold it (default: 20)")
    int minRequests;

    @Option(names = "--hold-limit", paramLabel = "DURATION", defaultValue = "10m",
            description = "how long a step waits for enough requests (default: 10m)")
    String holdLimit;

    @Option(names = "--on-failure", paramLabel = "revert|hold", defaultValue = "revert", description = "default: revert")
    String onFailure;

    @Option(names = "--no-wait", description = "start it and return")
    boolean noWait;

    @Option(names = "--timeout", paramLabel = "DURATION", description = "how long to follow (default: all steps and the hold limit)")
    @Nullable String timeout;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    TrafficShiftCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws Exception {
        checkOptions();
        ServiceName name = namespace.service(service);
        ControlPlane plane = new ControlPlane(context().connections(), clusters.one(context()));
        Shifts shifts = new Shifts(plane);
        new Splits(plane).requireVersion(name, to);
        if (new Splits(plane).hasAll(name, to)) {
            console().note("all traffic of " + name + " goes to " + to + " already");
            return ExitCode.OK;
        }
        String source = from.isEmpty() ? shifts.versionToShiftFrom(name, to) : from;
        new Splits(plane).requireVersion(name, source);
        Map<String, Object> spec = spec(name, source);
        if (!change.confirm(console(), "shift " + name + " from " + source + " to " + to + " in cluster "
                + plane.cluster().name(), List.of("steps: " + stepsText() + " %, " + bake + " each", "gate: " + gateText()))) {
            return ExitCode.OK;
        }
        shifts.start(name, spec, false, context().audit().actor());
        context().audit().record(plane.cluster().name(), "traffic shift " + name + " " + source + " to " + to);
        if (noWait) {
            console().note("shift of " + name + " has begun; follow it: " + followCommand(name, plane));
            return ExitCode.OK;
        }
        return new ShiftFollower(console(), shifts).follow(name, limit(), followCommand(name, plane));
    }

    private String stepsText() {
        return String.join(", ", steps.stream().map(String::valueOf).toList());
    }

    private void checkRange(String option, String value, boolean valid, String range) {
        if (!valid) {
            throw CliError.usage(option + " must be " + range + ", not " + value);
        }
    }

    private void checkOptions() {
        checkSteps();
        Duration step = Times.parse(bake, "--bake");
        checkRange("--bake", bake, step.compareTo(Duration.ofSeconds(1)) >= 0 && step.compareTo(LONGEST) <= 0, "1s to 7d");
        if (minSuccess != null) {
            checkRange("--min-success", String.valueOf(minSuccess), minSuccess >= 0 && minSuccess <= 100, "0 to 100");
        }
        if (maxP99 != null) {
            checkRange("--max-p99", maxP99, Times.parse(maxP99, "--max-p99").isPositive(), "longer than nothing");
        }
        checkRange("--min-requests", String.valueOf(minRequests), minRequests >= 1, "1 or more");
        Duration hold = Times.parse(holdLimit, "--hold-limit");
        checkRange("--hold-limit", holdLimit, hold.isPositive() && hold.compareTo(LONGEST) <= 0, "up to 7d");
    }

    private void checkSteps() {
        int before = 0;
        for (int step : steps) {
            if (step <= before || step > 100) {
                throw CliError.usage("--steps must ascend between 1 and 100, not " + stepsText())
                        .next("write percentages, as in --steps 10,50,100");
            }
            before = step;
        }
        if (!List.of("revert", "hold").contains(onFailure)) {
            throw CliError.usage("--on-failure must be revert or hold, not \"" + onFailure + "\"");
        }
    }

    private Map<String, Object> spec(ServiceName name, String source) {
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("service", name.name());
        spec.put("from", source);
        spec.put("to", to);
        spec.put("steps", steps);
        spec.put("bake", Times.format(Times.parse(bake, "--bake")));
        Map<String, Object> gate = new LinkedHashMap<>();
        if (minSuccess != null) {
            gate.put("successRatePercent", minSuccess);
        }
        if (maxP99 != null) {
            gate.put("latencyPercentile", 99);
            gate.put("latencyMs", Times.parse(maxP99, "--max-p99").toMillis());
        }
        if (!gate.isEmpty()) {
            gate.put("minRequests", minRequests);
            spec.put("gate", gate);
        }
        spec.put("onFailure", onFailure.equals("hold") ? "Hold" : "Revert");
        spec.put("holdLimit", Times.format(Times.parse(holdLimit, "--hold-limit")));
        return spec;
    }

    private String gateText() {
        if (minSuccess == null && maxP99 == null) {
            return "none, steps pass by time alone";
        }
        return String.format(Locale.ROOT, "%s%sat least %d requests; on failure: %s",
                minSuccess == null ? "" : "success " + minSuccess + " %, ",
                maxP99 == null ? "" : "p99 " + maxP99 + ", ", minRequests, onFailure);
    }

    private Duration limit() {
        if (timeout != null) {
            return Times.parse(timeout, "--timeout");
        }
        return Times.parse(bake, "--bake").plus(Times.parse(holdLimit, "--hold-limit"))
                .multipliedBy(steps.size()).plusSeconds(30);
    }

    private static String followCommand(ServiceName name, ControlPlane plane) {
        return "meshctl traffic status " + name + " --follow --cluster " + plane.cluster().name();
    }
}
