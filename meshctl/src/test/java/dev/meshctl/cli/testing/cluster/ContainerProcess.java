package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One container: a process with a read-only file system of its own, in the network namespace of its pod, with the user
 * and the capabilities that its security context says. The image of the mesh is the JDK and the jars of this build.
 */
final class ContainerProcess {
    private static final String MAIN = "dev.meshctl.component.Component";
    private static final String CLASS_DATA = "/opt/class-data.jsa";
    private static final List<String> LINKS = List.of("bin", "sbin", "lib", "lib64");

    /** Where a container finds what it needs. */
    record Place(String networkNamespace, Path jars, Path classData, Path directory, String resolvConf) {}

    private final JsonNode container;
    private final JsonNode podSecurity;
    private final Place place;
    private final Map<Path, String> mounts;
    private final Map<String, String> environment;
    private @Nullable Process process;
    private int starts;

    ContainerProcess(JsonNode container, JsonNode podSecurity, Place place, Map<Path, String> mounts, Map<String, String> environment) {
        this.container = container;
        this.podSecurity = podSecurity;
        this.place = place;
        this.mounts = mounts;
        this.environment = environment;
    }

    String name() {
        return container.path("name").asString("");
    }

    JsonNode definition() {
        return container;
    }

    int restarts() {
        return Math.max(0, starts - 1);
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Of a process that has ended. */
    int exitCode() {
        return process == null ? -1 : process.exitValue();
    }

    long pid() {
        return process == null ? 0 : process.pid();
    }

    Path log() {
        return place.directory().resolve(name() + ".log");
    }

    void start() throws IOException {
        starts++;
        Path script = place.directory().resolve(name() + ".sh");
        Files.writeString(script, script());
        process = new ProcessBuilder("ip", "netns", "exec", place.networkNamespace(), "unshare", "-m", "sh", script.toString())
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile())).start();
        process.getOutputStream().close();
    }

    private String script() throws IOException {
        Path root = Files.createDirectories(place.directory().resolve(name() + "-root"));
        Path etc = Files.createDirectories(place.directory().resolve(name() + "-etc"));
        Files.setPosixFilePermissions(etc, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(etc.resolve("resolv.conf"), place.resolvConf());
        Files.writeString(etc.resolve("hosts"), "127.0.0.1 localhost\n");
        Files.writeString(etc.resolve("nsswitch.conf"), "hosts: files dns\n");
        Files.writeString(etc.resolve("passwd"), "root:x:0:0::/:/bin/sh\n");
        List<String> lines = new ArrayList<>(List.of("set -e", "mount -t tmpfs -o mode=755 tmpfs " + root, "cd " + root,
                "mkdir -p usr etc proc dev run tmp opt/jars opt/jre var && touch ." + CLASS_DATA, "ln -s ../run var/run"));
        LINKS.forEach(link -> lines.add("[ -L /" + link + " ] && ln -s usr/" + link + " " + link + " || true"));
        lines.add("mount --bind /usr usr");
        lines.add("mount --bind " + etc + " etc");
        for (String file : List.of("ld.so.cache", "protocols")) {
            lines.add("cp /etc/" + file + " etc/ || true");
        }
        lines.add("mkdir -p etc/alternatives && mount --bind /etc/alternatives etc/alternatives || true");
        lines.add("mount --bind /proc proc && mount --bind /dev dev");
        lines.add("mount --bind " + place.jars() + " opt/jars && mount --bind " + System.getProperty("java.home") + " opt/jre");
        if (Files.exists(place.classData())) {
            lines.add("mount --bind " + place.classData() + " ." + CLASS_DATA);
        }
        mounts.forEach((from, to) -> lines.add("mkdir -p ." + to + " && mount --bind " + from + " ." + to));
        lines.add("mount -o remount,ro " + root);
        lines.add("exec env -i " + environment() + " chroot " + root + " setpriv " + privileges() + " " + command());
        return String.join("\n", lines) + "\n";
    }

    private String environment() {
        StringBuilder text = new StringBuilder("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        new TreeMap<>(environment).forEach((name, value) -> text.append(" ").append(name).append("=").append(quoted(value)));
        return text.toString();
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private String privileges() {
        JsonNode own = container.path("securityContext");
        long user = own.path("runAsUser").asLong(podSecurity.path("runAsUser").asLong(1000));
        long group = own.path("runAsGroup").asLong(podSecurity.path("runAsGroup").asLong(user));
        String capabilities = "-all";
        for (JsonNode each : own.path("capabilities").path("add")) {
            capabilities += ",+" + each.asString("").toLowerCase(java.util.Locale.ROOT);
        }
        long shared = podSecurity.path("fsGroup").asLong(0);
        return "--reuid=" + user + " --regid=" + group + (shared == 0 ? " --clear-groups" : " --groups=" + shared)
                + " --no-new-privs --inh-caps=" + capabilities + " --bounding-set=" + capabilities;
    }

    private String command() {
        List<String> words = new ArrayList<>();
        if (container.has("command")) {
            container.path("command").forEach(word -> words.add(quoted(word.asString(""))));
        } else {
            words.addAll(List.of("/opt/jre/bin/java", ClassData.OPTIONS, "-Xmx160m"));
            if (Files.exists(place.classData())) {
                words.addAll(List.of("-XX:SharedArchiveFile=" + CLASS_DATA, "-Xlog:disable", "-Xlog:all=error:stderr"));
            }
            words.addAll(List.of("-cp", "'/opt/jars/*'", MAIN));
        }
        container.path("args").forEach(word -> words.add(quoted(word.asString(""))));
        return String.join(" ", words);
    }

    /** Runs a command beside it, with its files and network, as another user than the proxy's. */
    Shell.Outcome exec(String... command) {
        return Shell.attempt("", beside(command));
    }

    /** Starts such a command, which is the caller's to end. */
    Process start(String... command) throws IOException {
        return new ProcessBuilder(beside(command)).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    private List<String> beside(String... command) {
        List<String> line = new ArrayList<>(List.of("nsenter", "-t", String.valueOf(pid()), "-m", "-n", "-r", "-w", "setpriv",
                "--reuid=1000", "--regid=1000", "--clear-groups"));
        line.addAll(List.of(command));
        return line;
    }

    void terminate() {
        if (process != null) {
            process.destroy();
        }
    }

    void kill() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    /** @return whether it has ended within the time */
    boolean awaitEnd(long millis) throws InterruptedException {
        return process == null || process.waitFor(millis, TimeUnit.MILLISECONDS);
    }
}
