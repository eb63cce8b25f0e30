package dev.meshctl.proxy.host;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What is kept of hosted workloads: the keystore and the addresses of each, in a 0600 file of its own. A workload
 * that ended in order takes them with it at once; one whose lease broke may come back for a minute; what a
 * crash left is removed when its SVID must have expired.
 */
final class WorkloadFiles {
    static final Duration COME_BACK = Duration.ofMinutes(1);
    /** Twice the usual life of an SVID. */
    static final Duration LEFT_OVER = Duration.ofHours(2);

    private static final String SUFFIX = ".pem";
    private static final String ADDRESSES = ".addresses";
    private static final System.Logger LOG = System.getLogger(WorkloadFiles.class.getName());

    private final Path directory;
    private final InstantSource clock;
    private final Counters counters;
    private final Map<String, Instant> abandoned = new ConcurrentHashMap<>();

    /** @throws IOException if the directory cannot be made */
    WorkloadFiles(Path directory, InstantSource clock, Counters counters) throws IOException {
        this.directory = PrivateDirectory.create(directory);
        this.clock = clock;
        this.counters = counters;
    }

    Path keystore(String workload) {
        return directory.resolve(workload + SUFFIX);
    }

    /** Where the workload's listeners were; empty if that is not known. */
    Optional<LastAddresses> addresses(String workload) {
        try {
            return DurableFile.read(addressFile(workload), LastAddresses.MAX_BYTES).flatMap(LastAddresses::parse);
        } catch (IOException e) {
            counters.increment("workload_addresses_unreadable");
            return Optional.empty();
        }
    }

    /** Keeps them; without, the workload only cannot be sure of the same ports after a restart. */
    void keep(String workload, LastAddresses addresses) {
        try {
            DurableFile.write(addressFile(workload), addresses.write(), DurableFile.PRIVATE);
        } catch (IOException e) {
            counters.increment("workload_addresses_not_kept");
            LOG.log(Level.WARNING, "cannot keep the addresses of {0}: {1}", workload, e);
        }
    }

    private Path addressFile(String workload) {
        return directory.resolve(workload + ADDRESSES);
    }

    void hosted(String workload) {
        abandoned.remove(workload);
    }

    void abandon(String workload) {
        abandoned.put(workload, clock.instant());
    }

    void remove(String workload) {
        abandoned.remove(workload);
        try {
            DurableFile.delete(addressFile(workload));
            DurableFile.delete(keystore(workload));
        } catch (IOException e) {
            counters.increment("svid_file_not_removed");
            LOG.log(Level.WARNING, "cannot remove {0}, or its addresses: {1}; remove them by hand", keystore(workload), e);
        }
    }

    /** Removes the files of workloads that did not come back. */
    void sweep(Set<String> hosted) {
        Instant now = clock.instant();
        abandoned.forEach((workload, since) -> {
            if (!hosted.contains(workload) && since.plus(COME_BACK).isBefore(now)) {
                remove(workload);
            }
        });
        for (Path file : files()) {
            String name = String.valueOf(file.getFileName());
            String workload = name.substring(0, name.length() - SUFFIX.length());
            if (!hosted.contains(workload)
                    && Instant.ofEpochMilli(file.toFile().lastModified()).plus(LEFT_OVER).isBefore(now)) {
                remove(workload);
            }
        }
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX)).toList();
        } catch (IOException e) {
            counters.increment("svid_directory_unreadable");
            LOG.log(Level.WARNING, "cannot list {0}: {1}", directory, e);
            return List.of();
        }
    }
}
