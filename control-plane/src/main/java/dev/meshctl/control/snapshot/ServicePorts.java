package dev.meshctl.control.snapshot;

import dev.meshctl.api.proto.config.Port;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.control.registry.federation.ImportedService;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The ports of a service, from whoever names them. */
final class ServicePorts {
    private ServicePorts() {}

    /** Of the Service resource, or else of the own workloads; sorted by number. */
    static List<Port> own(ServiceInputs service) {
        TreeMap<Integer, Port> ports = new TreeMap<>();
        service.ports().forEach(p -> ports.putIfAbsent(p.getNumber(), p));
        if (ports.isEmpty()) {
            for (HostedWorkload workload : service.workloads()) {
                for (WorkloadPort port : workload.getPortsList()) {
                    ports.putIfAbsent(port.getServicePort(), port(port.getServicePort(), port.getName(), port.getProtocol()));
                }
            }
        }
        return ports.values().stream().map(p -> withTarget(p, service.workloads())).toList();
    }

    /** Where the application listens, if that is not the number that clients call. */
    private static Port withTarget(Port port, List<HostedWorkload> workloads) {
        return workloads.stream()
                .flatMap(w -> w.getPortsList().stream())
                .filter(p -> p.getServicePort() == port.getNumber() && p.getAppPort() != port.getNumber())
                .findFirst()
                .map(p -> port.toBuilder().setTarget(p.getAppPort()).build())
                .orElse(port);
    }

    /** The union; where two name the same number, the first one's word counts. */
    static List<Port> union(List<Port> own, Collection<ImportedService> imports) {
        TreeMap<Integer, Port> ports = new TreeMap<>();
        own.forEach(p -> ports.putIfAbsent(p.getNumber(), p));
        for (ImportedService imported : imports) {
            for (ExportedPort port : imported.service().getPortsList()) {
                ports.putIfAbsent(port.getNumber(), port(port.getNumber(), port.getName(), port.getProtocol()));
            }
        }
        return List.copyOf(ports.values());
    }

    /** By number; empty for one without a name. */
    static Map<Integer, String> names(List<Port> declared, Collection<HostedWorkload> workloads, Collection<ImportedService> imports) {
        Map<Integer, String> names = new TreeMap<>();
        declared.forEach(p -> names.put(p.getNumber(), p.getName()));
        if (names.isEmpty()) {
            workloads.forEach(w -> w.getPortsList().forEach(p -> names.putIfAbsent(p.getServicePort(), p.getName())));
        }
        imports.forEach(i -> i.service().getPortsList().forEach(p -> names.putIfAbsent(p.getNumber(), p.getName())));
        return names;
    }

    static List<ExportedPort> exported(List<Port> ports) {
        return ports.stream()
                .map(p -> ExportedPort.newBuilder()
                        .setNumber(p.getNumber())
                        .setName(p.getName())
                        .setProtocol(word(p.getProtocol()))
                        .build())
                .toList();
    }

    private static Port port(int number, String name, String protocol) {
        return Port.newBuilder().setNumber(number).setName(name).setProtocol(protocol(protocol)).build();
    }

    /** What is not known is detected. */
    static Protocol protocol(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "http1" -> Protocol.HTTP1;
            case "http2" -> Protocol.HTTP2;
            case "tcp" -> Protocol.TCP;
            default -> Protocol.DETECT;
        };
    }

    private static String word(Protocol protocol) {
        return switch (protocol) {
            case HTTP1 -> "http1";
            case HTTP2 -> "http2";
            case TCP -> "tcp";
            case DETECT, UNRECOGNIZED -> "";
        };
    }
}
