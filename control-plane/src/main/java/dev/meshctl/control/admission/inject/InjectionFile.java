package dev.meshctl.control.admission.inject;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.control.admission.inject.InjectionSettings.Identity;
import dev.meshctl.control.admission.inject.InjectionSettings.Redirect;
import dev.meshctl.runtime.net.HostPort;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The file {@code injection.json} of an installation: what the webhook adds to pods, and what is added to manifests
 * without a cluster. Both read it here, so that they give the same.
 */
public final class InjectionFile {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration TOKEN_EXPIRY = Duration.ofHours(1);
    private static final long PROXY_UID = 1337;

    private InjectionFile() {}

    /**
     * Reads the file.
     *
     * @param systemNamespace of the mesh itself, which is never injected
     * @param revision of the control plane
     * @param promoted true if pods that name no revision are this revision's
     * @throws IllegalArgumentException with the path to the wrong field
     */
    public static InjectionSettings read(String json, String systemNamespace, String revision, boolean promoted) {
        try {
            JsonNode file = JSON.readTree(json);
            return new InjectionSettings(
                    text(file, "image"), file.path("imagePullPolicy").asString(""), text(file, "cluster"),
                    HostPort.parse(text(file, "controlPlane")), HostPort.parse(text(file, "trustBridge")), systemNamespace,
                    revision, promoted, Redirect.INIT_CONTAINER,
                    new Identity(new TrustDomain(text(file, "trustDomain")), text(file, "audience"), TOKEN_EXPIRY,
                            text(file, "bundleConfigMap"), PROXY_UID), tuning(file));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static Tuning tuning(JsonNode file) {
        Tuning usual = Tuning.DEFAULT;
        JsonNode requests = file.path("resources").path("requests");
        JsonNode limits = file.path("resources").path("limits");
        return new Tuning(
                new Tuning.Excludes(list(file, "excludeInboundPorts"), List.of()),
                new Tuning.Excludes(list(file, "excludeOutboundPorts"), list(file, "excludeOutboundCidrs")),
                new Tuning.Resources(requests.path("cpu").asString(""), requests.path("memory").asString(""),
                        limits.path("cpu").asString(""), limits.path("memory").asString("")),
                usual.rewriteProbes(), usual.logLevel(), usual.redirectBackend(), usual.drainSeconds());
    }

    private static List<String> list(JsonNode file, String field) {
        JsonNode value = file.path(field);
        if (!value.isArray() && !value.isMissingNode()) {
            throw new IllegalArgumentException(field + ": expected a list");
        }
        // Ports may be numbers or texts such as 9000-9010.
        return value.valueStream().map(item -> item.asString("")).toList();
    }

    private static String text(JsonNode file, String field) {
        JsonNode value = file.path(field);
        if (value.isMissingNode()) {
            throw new IllegalArgumentException(field + ": missing");
        }
        if (!value.isString() || value.stringValue().isEmpty()) {
            throw new IllegalArgumentException(field + ": expected text");
        }
        return value.stringValue();
    }
}
