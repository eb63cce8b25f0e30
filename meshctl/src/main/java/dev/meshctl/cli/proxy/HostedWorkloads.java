package dev.meshctl.cli.proxy;

import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.proxy.ProxyRef.Hosting;
import java.util.List;

/** Finds workloads of the one proxy of a local cluster. */
record HostedWorkloads(Cluster cluster, List<HostedWorkload> all) {
    List<ProxyRef> find(WantedName wanted) {
        List<HostedWorkload> there = all.stream().filter(workload -> wanted.isIn(workload.getNamespace())).toList();
        List<HostedWorkload> found = wanted.exactly(there, HostedWorkloads::bareName);
        if (found.isEmpty()) {
            found = wanted.exactly(there, HostedWorkload::getService);
        }
        if (found.isEmpty()) {
            found = wanted.beginning(there, HostedWorkloads::bareName);
            if (found.size() > 1) {
                throw NotFound.ambiguous(cluster, wanted, found.stream().map(HostedWorkload::getId).toList());
            }
        }
        if (found.isEmpty()) {
            throw NotFound.none(cluster, "workload or service", wanted, all.stream().map(HostedWorkload::getId).toList());
        }
        return found.stream().<ProxyRef>map(workload -> new Hosting(cluster, workload.getId(), workload.getSpiffeId(),
                workload.getService().isEmpty() ? "" : workload.getService() + "." + workload.getNamespace())).toList();
    }

    /** Without the namespace at its end. */
    private static String bareName(HostedWorkload workload) {
        String end = "." + workload.getNamespace();
        return workload.getId().endsWith(end)
                ? workload.getId().substring(0, workload.getId().length() - end.length()) : workload.getId();
    }
}
