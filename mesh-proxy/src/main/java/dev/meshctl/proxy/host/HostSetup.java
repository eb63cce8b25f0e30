package dev.meshctl.proxy.host;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.flow.Discovery;
import dev.meshctl.proxy.flow.FlowObserver;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tls.TlsContexts;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.SvidSource;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What all workloads of a proxy share.
 *
 * @param workloadRange as in {@code 127.7}; empty: 127.0.0.1 with ports that the system assigns
 * @param svids directory of the workloads' keystores; made if missing
 * @param tls makes the TLS contexts of a workload from its SVIDs
 * @param access subscribes to the policies of a service
 * @param permissive true while the mesh lets callers in without mTLS
 */
public record HostSetup(
        String node,
        String cluster,
        TrustDomain trustDomain,
        String workloadRange,
        Path svids,
        Identities identities,
        Listeners listeners,
        Function<SvidSource, TlsContexts> tls,
        Function<ServiceName, MeshConfig.AccessHandle> access,
        BooleanSupplier permissive,
        Discovery discovery,
        FlowObserver observer,
        Limits limits,
        InstantSource clock,
        Counters counters) {}
