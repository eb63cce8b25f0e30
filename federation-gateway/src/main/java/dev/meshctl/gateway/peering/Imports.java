package dev.meshctl.gateway.peering;

import dev.meshctl.api.proto.control.ExportedService;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What one peer exports, as far as the {@link ImportRules} let it in. Guarded by its {@link PeerLink}. */
final class Imports {
    private final ImportRules rules;
    private final Map<String, ExportedService> services = new TreeMap<>();
    private long bytes;

    Imports(ImportRules rules) {
        this.rules = rules;
    }

    /** What putting a service did. */
    enum Put { TAKEN, TAKEN_WITHOUT_ROUTES }

    /** Takes a service over, in place of what was known of it. */
    Put put(ExportedService service) throws ImportRules.Broken {
        rules.check(service);
        String key = ExportSet.keyOf(service);
        ExportedService known = services.get(key);
        if (known == null && services.size() >= ImportRules.MAX_SERVICES) {
            throw new ImportRules.Broken("too_many_services",
                    "the peer exports more than " + ImportRules.MAX_SERVICES + " services");
        }
        long after = bytes + service.getSerializedSize() - (known == null ? 0 : known.getSerializedSize());
        if (after > ImportRules.MAX_TOTAL_BYTES) {
            throw new ImportRules.Broken("too_large",
                    "the peer's services have more than " + ImportRules.MAX_TOTAL_BYTES + " bytes");
        }
        boolean routed = rules.mayRoute(service);
        ExportedService taken = routed ? service : service.toBuilder().clearHttpRoutes().build();
        services.put(key, taken);
        bytes += taken.getSerializedSize() - (known == null ? 0 : known.getSerializedSize());
        return routed ? Put.TAKEN : Put.TAKEN_WITHOUT_ROUTES;
    }

    /** Returns whether it was known. */
    boolean remove(String key) {
        ExportedService known = services.remove(key);
        bytes -= known == null ? 0 : known.getSerializedSize();
        return known != null;
    }

    void clear() {
        services.clear();
        bytes = 0;
    }

    Collection<ExportedService> all() {
        return services.values();
    }

    Map<String, String> versions() {
        Map<String, String> versions = new HashMap<>();
        services.forEach((key, service) -> versions.put(key, service.getResourceVersion()));
        return versions;
    }
}
