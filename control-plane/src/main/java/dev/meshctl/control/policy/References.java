package dev.meshctl.control.policy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.Nearest;
import java.util.Optional;
import java.util.Set;

/** What to say of a service or version that is not there. */
public final class References {
    private static final int MAX_NAMED = 10;

    private References() {}

    /** Empty if the service exists; else why not and which one may be meant. */
    public static Optional<String> missing(ServiceName service, ServiceCatalog catalog) {
        if (catalog.services().contains(service)) {
            return Optional.empty();
        }
        String hint = Nearest.to(service.toString(), catalog.services().stream().map(ServiceName::toString).toList())
                .map("; did you mean %s?"::formatted)
                .orElse("; \"meshctl services\" lists those that exist");
        return Optional.of("there is no service " + service + hint);
    }

    /** Empty if the version exists; else which ones do. */
    public static Optional<String> missing(ServiceName service, String version, ServiceCatalog catalog) {
        Set<String> versions = catalog.versions(service);
        if (versions.contains(version)) {
            return Optional.empty();
        }
        String there = versions.isEmpty() ? "it has no versions now"
                : "it has " + String.join(", ", versions.stream().sorted().limit(MAX_NAMED).toList());
        String hint = Nearest.to(version, versions).map("; did you mean %s?"::formatted).orElse("");
        return Optional.of("%s has no version %s; %s%s".formatted(service, version, there, hint));
    }
}
