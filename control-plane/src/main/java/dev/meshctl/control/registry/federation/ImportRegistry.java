package dev.meshctl.control.registry.federation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What linked clusters export, as the own gateway last reported it. On disk, one file for each peer, so that
 * a restarted control plane goes on with what was known until the gateway speaks again.
 */
public final class ImportRegistry {
    private static final System.Logger LOG = System.getLogger(ImportRegistry.class.getName());
    private static final String SUFFIX = ".imports";

    private final Path directory;
    private final Function<String, Optional<TrustDomain>> trustDomainOf;
    private final Consumer<Set<ServiceName>> onChange;
    private final Counters counters;
    private final Map<String, Peer> peers = new ConcurrentHashMap<>();

    /** Immutable; services by name. */
    private record Peer(PeerImports report, Map<ServiceName, ImportedService> services) {}

    /**
     * Reads what was stored. A file that cannot be read is set aside and counted; the gateway will report the
     * peer again.
     *
     * @param trustDomainOf the trust domain of a linked peer; empty if there is no such link
     * @param onChange told of the services that have changed
     */
    public ImportRegistry(
            Path directory,
            Function<String, Optional<TrustDomain>> trustDomainOf,
            Consumer<Set<ServiceName>> onChange,
            Counters counters)
            throws IOException {
        this.directory = PrivateDirectory.create(directory);
        this.trustDomainOf = trustDomainOf;
        this.onChange = onChange;
        this.counters = counters;
        DurableFile.sweep(directory);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path file : files) {
                load(file);
            }
        }
    }

    private void load(Path file) throws IOException {
        try {
            PeerImports report = PeerImports.parseFrom(DurableFile.read(file).orElse(new byte[0]));
            String peer = report.getPeer();
            Optional<TrustDomain> trustDomain = trustDomainOf.apply(peer);
            if (trustDomain.isEmpty()) {
                DurableFile.delete(file);
            } else {
                peers.put(peer, read(report, trustDomain.get()));
            }
        } catch (InvalidProtocolBufferException e) {
            counters.increment("imports_file_corrupt");
            Path aside = DurableFile.setAside(file);
            LOG.log(System.Logger.Level.WARNING, () -> file + " cannot be read (" + e.getMessage() + "); it was moved to "
                    + aside.getFileName() + " and the gateway's next report replaces it");
        }
    }

    /**
     * Takes a report of the gateway. A report about a peer without a link is refused and counted.
     *
     * @return false if it was refused
     */
    public synchronized boolean update(PeerImports report) {
        Optional<TrustDomain> trustDomain = trustDomainOf.apply(report.getPeer());
        if (trustDomain.isEmpty()) {
            counters.increment("imports_of_unlinked_peer");
            return false;
        }
        if (report.getDropped()) {
            counters.increment("imports_dropped");
            forget(report.getPeer());
            return true;
        }
        Peer before = peers.get(report.getPeer());
        if (before != null && before.report().equals(report)) {
            return true;
        }
        Peer after = read(report, trustDomain.get());
        peers.put(report.getPeer(), after);
        persist(report);
        tell(before, after);
        return true;
    }

    /** The peers that anything is known of. */
    public Set<String> peers() {
        return Set.copyOf(peers.keySet());
    }

    /** Forgets a peer, because its link is gone or its grace is over. */
    public synchronized void forget(String peer) {
        Peer before = peers.remove(peer);
        try {
            DurableFile.delete(file(peer));
        } catch (IOException e) {
            failed(peer, e);
        }
        if (before != null) {
            onChange.accept(Set.copyOf(before.services().keySet()));
        }
    }

    private void persist(PeerImports report) {
        try {
            DurableFile.write(file(report.getPeer()), report.toByteArray(), DurableFile.PRIVATE);
        } catch (IOException e) {
            failed(report.getPeer(), e);
        }
    }

    private void failed(String peer, IOException e) {
        counters.increment("imports_not_stored");
        LOG.log(System.Logger.Level.WARNING, () -> "imports of " + peer + " are in use but not on disk; after a restart they"
                + " are those of before until the gateway reports: " + e.getMessage());
    }

    private void tell(@Nullable Peer before, Peer after) {
        Set<ServiceName> changed = new HashSet<>(after.services().keySet());
        if (before != null) {
            changed.addAll(before.services().keySet());
            changed.removeIf(name -> Objects.equals(before.services().get(name), after.services().get(name)));
        }
        if (!changed.isEmpty()) {
            onChange.accept(Set.copyOf(changed));
        }
    }

    private Peer read(PeerImports report, TrustDomain trustDomain) {
        Map<ServiceName, ImportedService> services = new HashMap<>();
        for (ExportedService service : report.getServicesList()) {
            Optional<String> refused = ImportCheck.refuse(service, report.getPeer(), trustDomain);
            if (refused.isPresent()) {
                counters.increment("import_refused");
                LOG.log(System.Logger.Level.WARNING, () -> "cluster " + report.getPeer() + " exports \"" + service.getName()
                        + "." + service.getNamespace() + "\", which is ignored: " + refused.get());
                continue;
            }
            ImportedService imported = new ImportedService(report.getPeer(), report.getStale(), service);
            services.put(imported.name(), imported);
        }
        return new Peer(report, Map.copyOf(services));
    }

    private Path file(String peer) {
        return directory.resolve(peer + SUFFIX);
    }

    /** What linked clusters export under this name, by cluster. */
    public List<ImportedService> of(ServiceName name) {
        Map<String, ImportedService> found = new TreeMap<>();
        peers.forEach((peer, state) -> {
            ImportedService imported = state.services().get(name);
            if (imported != null) {
                found.put(peer, imported);
            }
        });
        return List.copyOf(found.values());
    }

    /** All names that any linked cluster exports. */
    public Set<ServiceName> services() {
        Set<ServiceName> names = new HashSet<>();
        peers.values().forEach(p -> names.addAll(p.services().keySet()));
        return names;
    }

    /** All that one linked cluster exports. */
    public List<ImportedService> from(String peer) {
        Peer state = peers.get(peer);
        return state == null ? List.of() : new ArrayList<>(state.services().values());
    }
}
