package dev.meshctl.control.status;

import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.resource.AppProtocol;
import dev.meshctl.api.resource.Service;
import dev.meshctl.control.registry.federation.ImportedService;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Valid and Conflict of an export.
 *
 * @see <a href="https://github.com/kubernetes/enhancements/tree/master/keps/sig-multicluster/1645-multi-cluster-services-api">
 *     Multi-Cluster Services API</a>
 */
final class ExportConditions {
    private static final String EXTERNAL_NAME = "ExternalName";
    private static final String HEADLESS = "linked clusters are offered it as ClusterSetIP, although it is headless: the addresses of"
            + " its pods mean nothing beyond this cluster, so its name there stands for all of them together";

    private ExportConditions() {}

    /**
     * Of one export.
     *
     * @param type of the Service of that name; empty if there is none
     * @param service that Service, if it is the mesh's
     * @param headless that Service has no address of its own
     * @param elsewhere what linked clusters export under the same name
     */
    static List<Condition> of(Optional<String> type, Optional<Service> service, boolean headless, List<ImportedService> elsewhere) {
        return List.of(valid(type, service.isPresent(), headless),
                service.map(own -> conflict(own, headless, elsewhere)).orElseGet(ExportConditions::none));
    }

    /** Of one whose service only its workloads tell of. */
    static List<Condition> ofUndeclared() {
        return List.of(valid(Optional.of(""), true, false), none());
    }

    private static Condition valid(Optional<String> type, boolean ofMesh, boolean headless) {
        if (type.isEmpty()) {
            return new Condition("Valid", false, "NoService", "there is no Service of this name, or it has no port of TCP");
        }
        if (type.get().equals(EXTERNAL_NAME)) {
            return new Condition("Valid", false, "InvalidServiceType", "a Service of type ExternalName stands for a name outside of"
                    + " the cluster, which other clusters call by that name");
        }
        return ofMesh ? new Condition("Valid", true, "Valid", headless ? HEADLESS : "linked clusters are offered it")
                : new Condition("Valid", false, "NotInMesh", "no pod behind the Service has the proxy of the mesh;"
                        + " label its namespace meshctl.dev/inject: enabled and start its pods anew");
    }

    private static Condition none() {
        return new Condition("Conflict", false, "NoConflicts", "no linked cluster exports it otherwise");
    }

    private static Condition conflict(Service own, boolean headless, List<ImportedService> elsewhere) {
        Set<String> reasons = new TreeSet<>();
        List<String> messages = new ArrayList<>();
        for (ImportedService other : elsewhere) {
            for (ExportedPort port : other.service().getPortsList()) {
                own.spec().ports().stream().flatMap(here -> conflict(here, port).stream()).forEach(what -> {
                    reasons.add("PortConflict");
                    messages.add(what + " in cluster " + other.peer() + "; callers here see what is here");
                });
            }
            String type = headless ? "Headless" : "ClusterSetIP";
            if (!other.service().getType().isEmpty() && !other.service().getType().equals(type)) {
                reasons.add("TypeConflict");
                messages.add("it is %s here and %s in cluster %s".formatted(type, other.service().getType(), other.peer()));
            }
        }
        return reasons.isEmpty() ? none()
                : new Condition("Conflict", true, String.join(",", reasons), String.join("; ", messages));
    }

    /**
     * "Should a port name be used for multiple non-identical (port, protocol, appProtocol) service ports by different
     * constituent services", that is a conflict. One number with two names is one too, since callers name the number.
     */
    private static Optional<String> conflict(Service.Port here, ExportedPort there) {
        if (here.name().equals(there.getName()) && here.port() != there.getNumber()) {
            return Optional.of("port \"%s\" is %d here and %d".formatted(here.name(), here.port(), there.getNumber()));
        }
        if (here.port() != there.getNumber()) {
            return Optional.empty();
        }
        if (!here.name().equals(there.getName())) {
            return Optional.of("port %d is named \"%s\" here and \"%s\"".formatted(here.port(), here.name(), there.getName()));
        }
        String theirs = there.getProtocol().isEmpty() ? AppProtocol.AUTO.word() : there.getProtocol();
        return here.protocol().word().equals(theirs) ? Optional.empty()
                : Optional.of("port %d speaks %s here and %s".formatted(here.port(), here.protocol().word(), theirs));
    }
}
