package dev.meshctl.cli.connect;

import dev.meshctl.api.proto.admin.AdminGrpc.AdminBlockingStub;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.grpc.NotLeading;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Calls of a control plane, some of which only the leader of its replicas takes. After a leader has died nobody leads until
 * its lease is over; a user is not sent away because of that.
 *
 * @param patience how long a leader is waited for, more than a lease and an election take
 * @param pause between two looks
 */
record LeaderCalls(Connections connections, Cluster cluster, Duration patience, Duration pause) {
    LeaderCalls(Connections connections, Cluster cluster) {
        this(connections, cluster, Duration.ofSeconds(30), Duration.ofMillis(500));
    }

    /**
     * Makes a call, with whoever leads if only a leader takes it.
     *
     * @throws StatusRuntimeException as the call fails; if nobody leads in time, with what the replica that was asked first said
     */
    <T> T call(Function<AdminBlockingStub, T> call) {
        try {
            return call.apply(connections.admin(cluster));
        } catch (StatusRuntimeException e) {
            if (!NotLeading.isReasonOf(e)) {
                throw e;
            }
            return again(call, e);
        }
    }

    private <T> T again(Function<AdminBlockingStub, T> call, StatusRuntimeException refused) {
        long end = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
            for (AdminBlockingStub replica : replicas()) {
                try {
                    return call.apply(replica);
                } catch (StatusRuntimeException e) {
                    if (!NotLeading.isReasonOf(e)) {
                        throw e;
                    }
                }
            }
            LockSupport.parkNanos(pause.toNanos());
        }
        throw refused;
    }

    /** None while the replicas cannot be looked up, or none is ready. */
    private List<AdminBlockingStub> replicas() {
        try {
            return connections.admins(cluster);
        } catch (CliError e) {
            return List.of();
        }
    }
}
