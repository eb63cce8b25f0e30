package dev.meshctl.control.admission.server;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.control.admission.inject.InjectionSettings;
import dev.meshctl.control.admission.inject.Tuning;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is injected, as the installation wrote it beside the daemon's configuration. */
final class InjectionFile {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MAX_BYTES = 64 * 1024;

    private final Path file;
    private final JsonNode root;

    private InjectionFile(Path file, JsonNode root) {
        this.file = file;
        this.root = root;
    }

    /**
     * Reads it.
     *
     * @param revision of this control plane; "default" is that of who names none
     * @throws IOException if it is missing or not what an installation writes; the message names the field
     */
    static InjectionSettings read(Path file, String namespace, String revision, boolean promoted) throws IOException {
        byte[] content = DurableFile.read(file, MAX_BYTES)
                .orElseThrow(() -> new IOException(file + " does not exist; install the mesh again"));
        try {
            return new InjectionFile(file, JSON.readTree(content)).settings(namespace, revision, promoted);
        } catch (JacksonException e) {
            throw new IOException(file + " is not JSON: " + e.getOriginalMessage() + "; install the mesh again", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage() + "; install the mesh again", e);
        }
    }

    private InjectionSettings settings(String namespace, String revision, boolean promoted) throws IOException {
        InjectionSettings.Identity usual = InjectionSettings.Identity.of(new TrustDomain(text("trustDomain")));
        return new InjectionSettings(text("image"), text("cluster"), HostPort.parse(text("controlPlane")),
                HostPort.parse(text("trustBridge")), namespace, revision, promoted, InjectionSettings.Redirect.INIT_CONTAINER,
                new InjectionSettings.Identity(usual.trustDomain(), text("audience"), usual.tokenExpiry(),
                        text("bundleConfigMap"), usual.proxyUid()),
                tuning());
    }

    private Tuning tuning() throws IOException {
        JsonNode resources = root.path("resources");
        return new Tuning(
                new Tuning.Excludes(texts("excludeInboundPorts"), List.of()),
                new Tuning.Excludes(texts("excludeOutboundPorts"), texts("excludeOutboundCidrs")),
                new Tuning.Resources(
                        resources.path("requests").path("cpu").asString(""),
                        resources.path("requests").path("memory").asString(""),
                        resources.path("limits").path("cpu").asString(""),
                        resources.path("limits").path("memory").asString("")),
                Tuning.DEFAULT.rewriteProbes(), Tuning.DEFAULT.logLevel(), Tuning.DEFAULT.redirectBackend());
    }

    private String text(String field) throws IOException {
        JsonNode value = root.path(field);
        if (!value.isString() || value.stringValue().isEmpty()) {
            throw new IOException(file + ": " + field + ": expected text; install the mesh again");
        }
        return value.stringValue();
    }

    /** Ports may be numbers or texts such as 9000-9010. */
    private List<String> texts(String field) throws IOException {
        JsonNode value = root.path(field);
        if (!value.isArray() && !value.isMissingNode()) {
            throw new IOException(file + ": " + field + ": expected a list; install the mesh again");
        }
        return value.valueStream().map(item -> item.asString("")).toList();
    }
}
