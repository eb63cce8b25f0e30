package dev.meshctl.proxy.config;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.proxy.flow.LiveService;
import org.jspecify.annotations.Nullable;

/**
 * A host in use, for those who look.
 *
 * @param state {@code found}, {@code no_such_service}, {@code unavailable} or {@code waiting}
 * @param service null unless found
 * @param fromDisk what is in use was read from disk and has not been confirmed yet
 */
public record HostView(
        MeshHost host, String state, @Nullable LiveService service, boolean fromDisk, long idleMs) {}
