package dev.meshctl.control.snapshot;

import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Mesh;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.control.store.ResourceStore;
import java.time.Duration;

/** The settings of the mesh: its Mesh resource, and what the cluster was installed with. */
public final class MeshSettings {
    private static final ResourceKey KEY = new ResourceKey(Kinds.MESH.name(), "", Mesh.NAME);
    private static final Mesh DEFAULTS = new Mesh(
            Metadata.of(Mesh.NAME, ""),
            new Mesh.Spec("", Mesh.Mtls.STRICT, false, Duration.ofSeconds(5), Duration.ofMinutes(10), "", ""));

    private final ResourceStore store;
    private final Installed installed;

    /**
     * What does not change while the control plane runs.
     *
     * @param region empty if not set; the Mesh resource takes precedence
     * @param zone as region
     */
    public record Installed(String cluster, String trustDomain, String region, String zone) {}

    public MeshSettings(ResourceStore store, Installed installed) {
        this.store = store;
        this.installed = installed;
    }

    private Mesh.Spec mesh() {
        return store.get(Mesh.class, KEY).orElse(DEFAULTS).spec();
    }

    String cluster() {
        return installed.cluster();
    }

    String region() {
        return mesh().region().isEmpty() ? installed.region() : mesh().region();
    }

    String zone() {
        return mesh().zone().isEmpty() ? installed.zone() : mesh().zone();
    }

    ConfigResource resource() {
        Mesh.Spec mesh = mesh();
        return ConfigResource.of(ConfigType.SETTINGS, Mesh.NAME, Settings.newBuilder()
                .setCluster(installed.cluster())
                .setTrustDomain(installed.trustDomain())
                .setPermissive(mesh.mtls() == Mesh.Mtls.PERMISSIVE)
                .setAccessLog(mesh.accessLog())
                .setTelemetryWindowMs(Math.toIntExact(mesh.telemetryWindow().toMillis()))
                .setIdleUnsubscribeMs(Math.toIntExact(mesh.idleUnsubscribe().toMillis()))
                .setRegion(region())
                .setZone(zone())
                .build());
    }
}
