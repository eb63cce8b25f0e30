package dev.meshctl.cli.fleet;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.cluster.ApiFaults;
import dev.meshctl.cli.testing.cluster.RunningCluster;
import dev.meshctl.testing.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Two clusters with a mesh each, what is called from one in the other, and somebody who operates both. */
final class StormFleet implements AutoCloseable {
    static final String BOTH = "west,east";
    static final String PAYMENTS = "http://payments.shop.svc.clusterset.local/";
    static final List<String> PARTS = List.of("trust-bridge", "control-plane", "federation-gateway");
    private static final Path KINDS_OF_OTHERS = Path.of("src/test/resources/cluster/kinds-of-others.yaml").toAbsolutePath();
    private static final Duration START = Duration.ofSeconds(90);

    private final RunningCluster west;
    private final RunningCluster east;
    private final ShopOnKubernetes web;
    private final ShopOnKubernetes payments;
    private final Home home;
    private final Path log;
    private @Nullable Process traffic;
    private int version = 1;

    /** @param log where it is told what came when */
    StormFleet(Path directory, Path jars, long seed, Path log) throws Exception {
        this.log = log;
        Files.createDirectories(log.getParent());
        Files.deleteIfExists(log);
        west = new RunningCluster(Files.createDirectories(directory.resolve("west")), jars, seed);
        east = new RunningCluster(Files.createDirectories(directory.resolve("east")), jars, ~seed);
        west.join(east);
        web = new ShopOnKubernetes(west);
        payments = new ShopOnKubernetes(east);
        Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"),
                RunningCluster.kubeconfig(Map.of("prod-west", west, "prod-east", east)));
        home = new Home(directory.resolve("home"));
        for (String cluster : List.of("west", "east")) {
            done("cluster", "add", cluster, "--context", "prod-" + cluster, "--kubeconfig", kubeconfig.toString());
        }
        install(Files.writeString(directory.resolve("values.yaml"), """
                trustBridge: {replicas: 1}
                controlPlane: {replicas: 1}
                gateway: {replicas: 1}
                """));
    }

    private void install(Path values) throws Exception {
        done("install", "--cluster", BOTH, "-f", values.toString(), "--with-crds", KINDS_OF_OTHERS.toString(), "--timeout", "90s", "--yes");
        web.namespace();
        web.service("web");
        web.deployment("web", "v1");
        payments.namespace();
        payments.service("payments");
        payments.deployment("payments", callee().substring("payments-".length()));
        web.ready("web-v1");
        payments.ready(callee());
    }

    RunningCluster cluster(String name) {
        return name.equals("west") ? west : east;
    }

    static String other(String name) {
        return name.equals("west") ? "east" : "west";
    }

    /** The Deployment that is called. */
    String callee() {
        return "payments-v" + version;
    }

    void replaceCallee() throws InterruptedException {
        String old = callee();
        version++;
        note("deploy " + callee());
        payments.deployment("payments", "v" + version);
        Eventually.holds(callee() + " is ready", START, () -> east.hasReadyPod("shop", callee()));
        east.delete("deployments.apps", "shop", old);
    }

    /** Web calls all the time from now on, so that there are connections that outlive what is done. Not started if web is not ready. */
    void traffic() throws Exception {
        stopTraffic();
        if (west.hasReadyPod("shop", "web-v1")) {
            traffic = west.start("shop", "web-v1", "app", "curl", "-s", "--max-time", "5", "--rate", "10/s", PAYMENTS + "?[1-100000]");
        }
    }

    private void stopTraffic() throws InterruptedException {
        Process old = traffic;
        if (old != null) {
            old.destroy();
            old.waitFor();
        }
    }

    /** What web gets from payments. */
    String call() {
        return web.call("web-v1", PAYMENTS);
    }

    Home.Said meshctl(String... command) {
        Home.Said said = home.meshctl(command);
        note("meshctl " + String.join(" ", command).replaceAll("mcl1\\S+|eyJ\\S+", "TOKEN") + " -> " + said.code()
                + (said.code() == 0 ? "" : " " + said.err().replace('\n', '|')));
        return said;
    }

    /** What is asked again and again, and only told if it is wrong at last. */
    Home.Said quietly(String... command) {
        return home.meshctl(command);
    }

    private void done(String... command) {
        Home.Said said = meshctl(command);
        if (said.code() != 0) {
            throw new AssertionError(String.join(" ", command) + "\n" + said.out() + said.err());
        }
    }

    /** What goes wrong from now on, with pods and with who operates. */
    void faults(boolean pods, boolean users) {
        note("faults: pods " + pods + ", users " + users);
        for (RunningCluster cluster : List.of(west, east)) {
            cluster.faults().on(ApiFaults.Whom.PODS, pods);
            cluster.faults().on(ApiFaults.Whom.USERS, users);
        }
    }

    /** For who wants to know what came when. */
    synchronized void note(String what) {
        try {
            Files.writeString(log, Instant.now() + " " + what + "\n", StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What each of them says of links and trust, for a failure. */
    String told() {
        List<String> all = new ArrayList<>();
        for (String command : List.of("trust status --cluster west,east", "link list --cluster west,east",
                "services --cluster west,east", "proxy list --cluster west,east", "proxy config web.shop --cluster west",
                "proxy config payments.shop --cluster east", "proxy log payments.shop --cluster east --tail 20",
                "proxy stats payments.shop --cluster east", "proxy stats web.shop --cluster west")) {
            Home.Said said = home.meshctl(command.split(" "));
            all.add("meshctl " + command + "\n" + said.out() + said.err());
        }
        return String.join("\n", all);
    }

    /** Leaves what is known of a failure where it can be read afterwards. */
    void leave(Path directory, String failure) throws Exception {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("failure.txt"), failure + "\n" + told());
        for (String name : List.of("west", "east")) {
            Files.writeString(directory.resolve(name + ".logs"), cluster(name).logs());
            Files.writeString(directory.resolve(name + ".stored"), cluster(name).stored());
            Files.write(directory.resolve(name + ".faults"), cluster(name).faults().happened());
        }
    }

    @Override
    public void close() throws Exception {
        stopTraffic();
        try {
            west.close();
        } finally {
            east.close();
        }
    }
}
