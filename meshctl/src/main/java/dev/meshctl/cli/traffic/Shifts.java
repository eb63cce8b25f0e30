package dev.meshctl.cli.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.ControlShiftRequest;
import dev.meshctl.api.proto.admin.VersionView;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.connect.Manifests;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Shifts of one cluster. The control plane carries them out; this starts, steers and follows them. */
public final class Shifts {
    private static final String KIND = "TrafficShift";
    private static final Set<String> ENDED = Set.of("Succeeded", "Reverted", "Failed");
    private static final long POLL_MS = 200;

    private final ControlPlane plane;

    public Shifts(ControlPlane plane) {
        this.plane = plane;
    }

    /** Where a shift is. */
    public record Seen(ServiceName service, ObjectNode resource) {
        public String phase() {
            return resource.path("status").path("phase").asString("Pending");
        }

        public int weight() {
            return resource.path("status").path("weight").asInt(0);
        }

        public String reason() {
            return resource.path("status").path("reason").asString("");
        }

        public String from() {
            return resource.path("spec").path("from").asString("");
        }

        public String to() {
            return resource.path("spec").path("to").asString("");
        }

        public String step() {
            int steps = resource.path("spec").path("steps").size();
            return Math.min(resource.path("status").path("stepIndex").asInt(0) + 1, steps) + "/" + steps;
        }

        public JsonNode journal() {
            return resource.path("status").path("journal");
        }

        public boolean ended() {
            return ENDED.contains(phase());
        }
    }

    /** The version that has most of the traffic, apart from the one to shift to. */
    public String versionToShiftFrom(ServiceName service, String to) {
        return new Splits(plane).versions(service).stream()
                .filter(v -> !v.getVersion().equals(to) && !v.getVersion().isEmpty())
                .max(Comparator.comparingInt(VersionView::getWeightPercent))
                .map(VersionView::getVersion)
                .orElseThrow(() -> CliError.failed(service + " has no version beside \"" + to + "\" to shift from")
                        .at("cluster " + plane.cluster().name())
                        .next("meshctl services --cluster " + plane.cluster().name()));
    }

    /** Stores the shift; an ended one of the service is replaced. */
    public void start(ServiceName service, Map<String, Object> spec, boolean dryRun, String actor) {
        Optional<Seen> old = find(service);
        if (old.isPresent() && !old.get().ended()) {
            throw CliError.failed("a shift of " + service + " is under way (" + old.get().phase() + ", "
                            + old.get().weight() + " % to " + old.get().to() + ")")
                    .at("cluster " + plane.cluster().name())
                    .next("meshctl traffic status " + service + " --follow, or meshctl traffic rollback " + service);
        }
        if (old.isPresent() && !dryRun) {
            plane.delete(KIND, service.namespace(), service.name(), false, actor);
        }
        plane.apply(List.of(Manifests.trafficShift(service, spec)), dryRun, actor);
    }

    public Optional<Seen> find(ServiceName service) {
        return plane.find(KIND, service.namespace(), service.name()).map(resource -> new Seen(service, resource));
    }

    /** The shift of the service, or an error. */
    public Seen require(ServiceName service) {
        return find(service).orElseThrow(() -> CliError.failed("there is no shift of " + service)
                .at("cluster " + plane.cluster().name())
                .next("meshctl traffic status --cluster " + plane.cluster().name()));
    }

    public List<Seen> list(String namespace) {
        return plane.get(KIND, namespace, "").stream()
                .map(resource -> new Seen(new ServiceName(resource.path("spec").path("service").asString("unknown"),
                        resource.path("metadata").path("namespace").asString("default")), resource))
                .toList();
    }

    /** Pauses, resumes or rolls back. */
    public void control(ServiceName service, String action) {
        require(service);
        String verb = action.equals("rollback") ? "roll back" : action;
        try {
            plane.call("cannot " + verb + " the shift of " + service, admin -> admin.controlShift(
                    ControlShiftRequest.newBuilder().setNamespace(service.namespace()).setName(service.name())
                            .setAction(action).build()));
        } catch (CliError e) {
            throw e.next().isEmpty() ? e.next("meshctl traffic status " + service + " --cluster "
                    + plane.cluster().name()) : e;
        }
    }

    /**
     * Follows a shift until it ends, is held by its gate's rule, or the time is over. A control plane that is
     * away meanwhile is waited for: the shift is stored and goes on when it is back.
     *
     * @param entry each journal entry, once
     * @param now each observation
     */
    public Seen follow(ServiceName service, Duration timeout, Consumer<JsonNode> entry, Consumer<Seen> now)
            throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        int told = 0;
        Seen seen = require(service);
        while (true) {
            JsonNode journal = seen.journal();
            for (; told < journal.size(); told++) {
                entry.accept(journal.get(told));
            }
            now.accept(seen);
            boolean waitsForUser = seen.phase().equals("Paused")
                    || (seen.phase().equals("Held") && seen.resource().path("spec").path("onFailure").asString("").equals("Hold")
                            && heldByGate(journal));
            if (seen.ended() || waitsForUser || System.nanoTime() > deadline) {
                return seen;
            }
            Thread.sleep(POLL_MS);
            seen = next(seen, deadline);
        }
    }

    private static boolean heldByGate(JsonNode journal) {
        for (int i = journal.size() - 1; i >= 0; i--) {
            String event = journal.get(i).path("event").asString("");
            if (event.equals("GateFailed")) {
                return true;
            }
            if (event.equals("Applied") || event.equals("Continued") || event.equals("Resumed")) {
                return false;
            }
        }
        return false;
    }

    private Seen next(Seen last, long deadline) throws InterruptedException {
        while (true) {
            try {
                return require(last.service());
            } catch (CliError e) {
                if (System.nanoTime() > deadline) {
                    throw e.exit(ExitCode.UNKNOWN);
                }
                Thread.sleep(POLL_MS);
            }
        }
    }

    /** What a command that followed the shift ends with. */
    public static int exitCode(Seen seen) {
        return switch (seen.phase()) {
            case "Succeeded" -> ExitCode.OK;
            case "Reverted" -> ExitCode.REVERTED;
            case "Failed" -> ExitCode.FAILED;
            default -> ExitCode.UNKNOWN;
        };
    }
}
