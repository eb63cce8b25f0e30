package dev.meshctl.gateway.peering;

import com.google.protobuf.CodedOutputStream;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.LocalExport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * What this cluster offers to linked ones, by {@code name.namespace}; immutable. Each service's version is a
 * digest of its content, so it means the same before and after a restart of gateway or control plane, and
 * a peer that knows it knows the content.
 */
final class ExportSet {
    static final ExportSet NONE = new ExportSet(Map.of());

    private static final int DIGEST_CHARACTERS = 16;

    private final Map<String, ExportedService> services;

    private ExportSet(Map<String, ExportedService> services) {
        this.services = services;
    }

    static ExportSet of(GatewayState state) {
        Map<String, ExportedService> services = new HashMap<>();
        for (LocalExport export : state.getExportsList()) {
            ExportedService service = versioned(export.getService());
            services.put(keyOf(service), service);
        }
        return new ExportSet(Map.copyOf(services));
    }

    static String keyOf(ExportedService service) {
        return service.getName() + "." + service.getNamespace();
    }

    private static ExportedService versioned(ExportedService service) {
        ExportedService bare = service.toBuilder().clearResourceVersion().build();
        return bare.toBuilder().setResourceVersion(digest(bare)).build();
    }

    private static String digest(ExportedService service) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(service.getSerializedSize());
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            out.useDeterministicSerialization();
            service.writeTo(out);
            out.flush();
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()))
                    .substring(0, DIGEST_CHARACTERS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }

    Map<String, ExportedService> services() {
        return services;
    }

    /** The keys of what somebody who holds these versions has to be told: changed, new or gone. */
    Set<String> changedSince(Map<String, String> knownVersions) {
        Set<String> changed = new HashSet<>();
        services.forEach((key, service) -> {
            if (!service.getResourceVersion().equals(knownVersions.get(key))) {
                changed.add(key);
            }
        });
        knownVersions.keySet().stream().filter(key -> !services.containsKey(key)).forEach(changed::add);
        return changed;
    }

    Map<String, String> versions() {
        Map<String, String> versions = new HashMap<>();
        services.forEach((key, service) -> versions.put(key, service.getResourceVersion()));
        return versions;
    }
}
