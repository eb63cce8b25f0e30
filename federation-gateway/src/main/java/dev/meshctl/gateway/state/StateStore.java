package dev.meshctl.gateway.state;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The last state that the control plane sent, in memory and on disk, so that the gateway serves its links
 * and exports through a restart without a control plane.
 */
public final class StateStore implements AutoCloseable {
    /** Bound on the file and so on a state, in bytes. */
    public static final int MAX_BYTES = 32 * 1024 * 1024;

    private static final Logger LOG = System.getLogger(StateStore.class.getName());

    private final Path file;
    private final String cluster;
    private final TrustDomain trustDomain;
    private final Counters counters;
    private final List<Consumer<GatewayState>> listeners = new CopyOnWriteArrayList<>();
    private volatile GatewayState current;
    private boolean closed; // guarded by this

    private StateStore(Path file, String cluster, TrustDomain trustDomain, Counters counters) {
        this.file = file;
        this.cluster = cluster;
        this.trustDomain = trustDomain;
        this.counters = counters;
        this.current = GatewayState.newBuilder().setCluster(cluster).setTrustDomain(trustDomain.name()).build();
    }

    /**
     * Reads what the last run kept. A file that cannot be read is reported and not used: the control plane
     * sends the state anew.
     */
    public static StateStore open(Path file, String cluster, TrustDomain trustDomain, Counters counters) {
        StateStore store = new StateStore(file, cluster, trustDomain, counters);
        store.load().ifPresent(state -> store.current = state);
        return store;
    }

    private Optional<GatewayState> load() {
        try {
            Optional<byte[]> bytes = DurableFile.read(file, MAX_BYTES);
            if (bytes.isEmpty()) {
                return Optional.empty();
            }
            GatewayState state = GatewayState.parseFrom(bytes.get());
            return isMine(state) ? Optional.of(state) : Optional.empty();
        } catch (InvalidProtocolBufferException e) {
            unreadable("is no gateway state: " + e.getMessage());
        } catch (IOException e) {
            unreadable(String.valueOf(e.getMessage()));
        }
        return Optional.empty();
    }

    private void unreadable(String why) {
        counters.increment("state_file_unreadable");
        LOG.log(Level.WARNING, "cannot use " + file + ", which " + why + "; waiting for the control plane to send"
                + " links and exports again");
    }

    private boolean isMine(GatewayState state) {
        if (state.getCluster().equals(cluster) && state.getTrustDomain().equals(trustDomain.name())) {
            return true;
        }
        counters.increment("state_of_another_mesh");
        LOG.log(Level.WARNING, "ignored a gateway state of cluster \"" + state.getCluster() + "\", trust domain \""
                + state.getTrustDomain() + "\": this gateway is of " + cluster + ", " + trustDomain);
        return false;
    }

    /** The state now; before the first one, a state without links and exports. */
    public GatewayState current() {
        return current;
    }

    /** Calls the listener on each later state, on the applying thread. */
    public void onChange(Consumer<GatewayState> listener) {
        listeners.add(listener);
    }

    /** Takes a new state over: on disk, then in use. A full disk does not keep it from being used. */
    public synchronized void apply(GatewayState state) {
        if (closed || !isMine(state)) {
            return;
        }
        if (!state.equals(current)) {
            try {
                DurableFile.write(file, state.toByteArray(), DurableFile.PRIVATE);
            } catch (IOException e) {
                counters.increment("state_not_stored");
                LOG.log(Level.ERROR, "cannot store " + file + ": " + e.getMessage()
                        + "; the state is used, but a restart would go back to the one before");
            }
            current = state;
            listeners.forEach(listener -> listener.accept(state));
        }
    }

    /** Takes nothing more: the file is not written any more when this returns. */
    @Override
    public synchronized void close() {
        closed = true;
    }
}
