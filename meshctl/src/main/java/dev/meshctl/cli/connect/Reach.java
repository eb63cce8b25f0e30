package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import java.util.List;

/**
 * How the parts of one cluster are reached, and as whom. Each method may wait, within bounds, and throws
 * {@code CliError} when that leads nowhere. Safe for use by several threads.
 */
public interface Reach extends AutoCloseable {
    /** The bundle of the cluster, by which its parts are checked. */
    BundleSource bundles();

    /** The admin identity in the cluster. */
    SvidSource identity();

    /** Where this process reaches a server. Another address than before when the way to it had broken. */
    HostPort address(Destination to);

    /** Why the way to a server is broken, as far as more is known than that it is; else empty. */
    String trouble(Destination to);

    /** The pods of a part that are ready, at least one; empty where a part is one process. */
    List<String> replicas(SystemIdentity part);

    @Override
    void close();
}
