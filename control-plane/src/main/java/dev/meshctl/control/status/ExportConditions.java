package dev.meshctl.control.status;

import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.resource.Service;
import dev.meshctl.control.registry.federation.ImportedService;
import java.util.List;
import java.util.Optional;

/**
 * Valid and Conflict of an export.
 *
 * @see <a href="https://github.com/kubernetes/enhancements/tree/master/keps/sig-multicluster/1645-multi-cluster-services-api">
 *     Multi-Cluster Services API</a>
 */
final class ExportConditions {
    private ExportConditions() {}

    /**
     * Of one export.
     *
     * @param exists there is a Service of that name
     * @param service that Service, if it is the mesh's
     * @param elsewhere what linked clusters export under the same name
     */
    static List<Condition> of(boolean exists, Optional<Service> service, List<ImportedService> elsewhere) {
        return List.of(valid(exists, service.isPresent()), conflict(service, elsewhere));
    }

    private static Condition valid(boolean exists, boolean ofMesh) {
        if (!exists) {
            return new Condition("Valid", false, "NoService", "there is no Service of this name, or it has no port of TCP");
        }
        return ofMesh ? new Condition("Valid", true, "Valid", "linked clusters are offered it")
                : new Condition("Valid", false, "NotInMesh", "no pod behind the Service has the proxy of the mesh;"
                        + " label its namespace meshctl.dev/inject: enabled and start its pods anew");
    }

    private static Condition conflict(Optional<Service> service, List<ImportedService> elsewhere) {
        for (ImportedService other : elsewhere) {
            for (ExportedPort port : other.service().getPortsList()) {
                Optional<Service.Port> own = service.flatMap(s -> s.spec().ports().stream()
                        .filter(p -> p.port() == port.getNumber()).findFirst());
                if (own.isPresent() && !own.get().name().equals(port.getName())) {
                    return new Condition("Conflict", true, "PortConflict",
                            "port %d is named \"%s\" here and \"%s\" in cluster %s; callers see the name that is here"
                                    .formatted(port.getNumber(), own.get().name(), port.getName(), other.peer()));
                }
            }
        }
        return new Condition("Conflict", false, "NoConflicts", "no linked cluster exports it otherwise");
    }
}
