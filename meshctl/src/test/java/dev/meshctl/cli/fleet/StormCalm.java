package dev.meshctl.cli.fleet;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.cluster.RunningCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** What holds a while after a storm: both clusters agree with what was done last, and nothing else is left. */
final class StormCalm {
    static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern RECORD_OF_TOKENS = Pattern.compile("tokens\\.json");

    private final StormFleet fleet;
    private final StormOperations done;

    StormCalm(StormFleet fleet, StormOperations done) {
        this.fleet = fleet;
        this.done = done;
    }

    void await() throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        List<String> wrong = wrong();
        fleet.note("at first: " + wrong);
        while (!wrong.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("after " + LIMIT.toSeconds() + " s of calm, linked=" + done.linked() + ", exported="
                        + done.exported() + ", denied=" + done.denied() + ": " + String.join("; ", wrong));
            }
            Thread.sleep(500);
            List<String> next = wrong();
            if (!next.equals(wrong)) {
                fleet.note("not yet: " + next);
            }
            wrong = next;
        }
        fleet.note("calm");
    }

    /** What is not as it should be; the cheap questions first. */
    private List<String> wrong() {
        List<String> wrong = new ArrayList<>();
        for (String side : List.of("west", "east")) {
            stored(side, wrong);
        }
        if (!wrong.isEmpty()) {
            return wrong;
        }
        for (String side : List.of("west", "east")) {
            trust(side, wrong);
        }
        call(wrong);
        if (wrong.isEmpty()) {
            links(wrong);
        }
        if (wrong.isEmpty() && done.linked() && done.exported() && !done.denied()) {
            verify(wrong);
        }
        return wrong;
    }

    private void stored(String side, List<String> wrong) {
        RunningCluster cluster = fleet.cluster(side);
        String peer = StormFleet.other(side);
        for (String part : StormFleet.PARTS) {
            if (!cluster.hasReadyPod("mesh-system", part)) {
                wrong.add(side + ": " + part + " is not ready");
            }
        }
        if (!cluster.hasReadyPod("shop", side.equals("west") ? "web-v1" : fleet.callee())) {
            wrong.add(side + ": the application is not ready");
        }
        List<String> links = cluster.list("meshlinks.meshctl.dev", "").stream()
                .map(link -> link.path("metadata").path("name").asString("")).toList();
        if (!links.equals(done.linked() ? List.of(peer) : List.of())) {
            wrong.add(side + ": MeshLinks " + links);
        }
        List<String> bundles = keys(cluster, "configmaps", "linked-bundles");
        if (!bundles.equals(done.linked() ? List.of(peer + ".mesh.json") : List.of())) {
            wrong.add(side + ": linked-bundles has " + bundles);
        }
        List<String> records = keys(cluster, "secrets", "link-tokens").stream()
                .filter(key -> !RECORD_OF_TOKENS.matcher(key).matches()).toList();
        if (!records.isEmpty()) {
            wrong.add(side + ": link-tokens has " + records);
        }
        boolean imports = cluster.find("serviceimports.multicluster.x-k8s.io", "shop", "payments").isPresent();
        if (side.equals("west") && imports != (done.linked() && done.exported())) {
            wrong.add("west: ServiceImport payments " + (imports ? "is left" : "is missing"));
        }
    }

    private static List<String> keys(RunningCluster cluster, String kind, String name) {
        List<String> keys = new ArrayList<>();
        JsonNode data = cluster.find(kind, "mesh-system", name).orElseThrow().path("data");
        data.propertyNames().forEach(keys::add);
        return keys;
    }

    private void trust(String side, List<String> wrong) {
        String peer = StormFleet.other(side) + ".mesh";
        holdsBundle(side + ": trust bridge", fleet.quietly("trust", "status", "--cluster", side), peer, wrong);
        holdsBundle(side + ": proxies", fleet.quietly("proxy", "config", side.equals("west") ? "web.shop" : "payments.shop",
                "--cluster", side), peer, wrong);
    }

    private void holdsBundle(String who, Home.Said said, String peer, List<String> wrong) {
        if (said.code() != 0) {
            wrong.add(who + " does not answer: " + said.err());
            return;
        }
        boolean has = said.out().contains("bundle\t" + peer);
        if (has != done.linked()) {
            wrong.add(who + (has ? " still trusts " : " does not trust ") + peer);
        }
    }

    private void call(List<String> wrong) {
        String answer;
        try {
            answer = fleet.call();
        } catch (AssertionError e) {
            wrong.add("no call: " + e.getMessage());
            return;
        }
        boolean right;
        if (!done.linked() || !done.exported()) {
            right = answer.contains("Could not resolve host") || answer.contains("x-meshctl-error: ");
        } else if (done.denied()) {
            right = answer.contains("403 Forbidden");
        } else {
            right = answer.contains("200 OK") && answer.contains("URI=spiffe://west.mesh/ns/shop/sa/web")
                    && answer.contains("x-meshctl-served-by: east/v");
        }
        if (!right) {
            wrong.add("web calls payments and gets: " + answer.lines().collect(Collectors.joining(" | ")));
        }
    }

    private void links(List<String> wrong) {
        Home.Said said = fleet.quietly("link", "list", "--cluster", StormFleet.BOTH);
        List<String> rows = said.out().lines().filter(line -> line.contains("\tActive\t")).toList();
        if (said.code() != 0 || rows.size() != (done.linked() ? 2 : 0)) {
            wrong.add("link list: " + said.out() + said.err());
        }
    }

    private void verify(List<String> wrong) {
        Home.Said said = fleet.quietly("verify", "--cluster", StormFleet.BOTH, "--timeout", "30");
        String failed = said.out().lines().filter(line -> line.contains("\tfail\t")).collect(Collectors.joining("; "));
        if (said.code() != 0 || !failed.isEmpty()) {
            wrong.add("verify: " + failed + said.err());
        }
    }
}
