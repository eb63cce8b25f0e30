package dev.meshctl.cli.fleet;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.FileFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The fleet on disk: {@code fleet.yaml} in the configuration directory, replaced whole under a lock. */
public final class FleetFile {
    private static final long MAX_BYTES = 1 << 20;

    private final Path file;
    private final Path dataDirectory;

    public FleetFile(Environment environment) {
        this.file = environment.configDirectory().resolve("fleet.yaml");
        this.dataDirectory = environment.dataDirectory();
    }

    public Path path() {
        return file;
    }

    /** The directory of a cluster of this name, whether it exists or not. */
    public Path directoryOf(String cluster) {
        return dataDirectory.resolve("clusters").resolve(cluster);
    }

    /** The fleet; empty when there is no file yet. */
    public Fleet load() {
        try {
            if (!Files.exists(file)) {
                return Fleet.EMPTY;
            }
            if (Files.size(file) == 0) {
                // meshctl never writes an empty one, and an empty fleet would hide clusters that run.
                throw broken("it is empty");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw broken("it is larger than " + MAX_BYTES + " bytes");
            }
            return parse(YAMLMapper.shared().readTree(Files.readAllBytes(file)));
        } catch (JacksonException e) {
            throw broken(e.getOriginalMessage()).from(e);
        } catch (IllegalArgumentException e) {
            throw broken(String.valueOf(e.getMessage())).from(e);
        } catch (IOException e) {
            throw broken(FileFailure.reason(e)).from(e);
        }
    }

    /** Changes the fleet; two meshctl at once wait for each other. */
    public Fleet update(UnaryOperator<Fleet> change) {
        try {
            Files.createDirectories(file.getParent());
            try (FileChannel channel = FileChannel.open(file.resolveSibling("fleet.lock"),
                            StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = lock(channel)) {
                Fleet changed = change.apply(load());
                write(changed);
                return changed;
            }
        } catch (IOException e) {
            throw CliError.failed("cannot save the fleet, and it is unchanged").at(file.toString())
                    .because(FileFailure.reason(e)).next("make the directory writable or free some space, then run it again")
                    .from(e);
        }
    }

    // Within one process a second lock on the file throws instead of waiting.
    private static FileLock lock(FileChannel channel) throws IOException {
        synchronized (FleetFile.class) {
            return channel.lock();
        }
    }

    private void write(Fleet fleet) throws IOException {
        if (fleet.clusters().size() > Fleet.MAX_CLUSTERS) {
            throw CliError.failed("the fleet is full").because("it holds " + Fleet.MAX_CLUSTERS + " clusters at most");
        }
        Path temporary = Files.createTempFile(file.getParent(), "fleet", ".tmp");
        try {
            Files.write(temporary, YAMLMapper.shared().writeValueAsBytes(toData(fleet)));
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private Fleet parse(JsonNode root) {
        List<Cluster> clusters = new ArrayList<>();
        int index = 0;
        for (JsonNode node : root.path("clusters")) {
            clusters.add(cluster(node, "clusters[" + index++ + "]"));
        }
        return new Fleet(root.path("current").asString(""), clusters);
    }

    private Cluster cluster(JsonNode node, String path) {
        String name = text(node, "name", path);
        Place place = PlaceYaml.read(node, path);
        return new Cluster(name, new TrustDomain(text(node, "trustDomain", path)), place, directoryOf(name));
    }

    static String text(JsonNode node, String field, String path) {
        String value = node.path(field).asString("");
        if (value.isEmpty()) {
            throw new IllegalArgumentException(path + "." + field + ": missing");
        }
        return value;
    }

    private static Map<String, Object> toData(Fleet fleet) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("current", fleet.current());
        root.put("clusters", fleet.clusters().stream().map(FleetFile::toData).toList());
        return root;
    }

    /** A cluster as it is stored and printed. */
    public static Map<String, Object> toData(Cluster cluster) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("name", cluster.name());
        data.put("platform", cluster.place().platform());
        data.put("trustDomain", cluster.trustDomain().name());
        PlaceYaml.write(cluster.place(), data);
        return data;
    }

    private CliError broken(String why) {
        return CliError.failed("cannot read the fleet").at(file.toString()).because(why)
                .next("repair the file, or move it away and add the clusters again");
    }
}
