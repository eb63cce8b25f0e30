package dev.meshctl.control.status;

import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;

/**
 * Tells what happened to an object beside the object. The same is told once: the name of an event is made of what it
 * says, so that another replica that finds the same changes nothing.
 */
final class Events {
    private static final System.Logger LOG = System.getLogger(Events.class.getName());
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'");
    private static final String CONTROLLER = "meshctl.dev/control-plane";
    /** Bounds of the API. */
    private static final int MAX_NOTE = 1000;
    private static final int MAX_NAME = 220;

    private final KubernetesClient client;
    private final String instance;
    private final InstantSource clock;
    private final Counters counters;

    /** @param instance this replica */
    Events(KubernetesClient client, String instance, InstantSource clock, Counters counters) {
        this.client = client;
        this.instance = instance;
        this.clock = clock;
        this.counters = counters;
    }

    /**
     * Tells one thing. What cannot be told is counted: the log and the status say it too.
     *
     * @param reason in CamelCase
     * @param action what the control plane did, in CamelCase
     * @return false if it is not told, and may be later
     */
    boolean tell(GenericKubernetesResource object, boolean warning, String reason, String action, String note) {
        ObjectMeta about = object.getMetadata();
        String namespace = about.getNamespace() == null ? "default" : about.getNamespace();
        try {
            client.events().v1().events().inNamespace(namespace).resource(new EventBuilder()
                    .withNewMetadata().withName(name(about, reason, note)).withNamespace(namespace).endMetadata()
                    .withEventTime(new MicroTime(MICROS.format(clock.instant().atZone(ZoneOffset.UTC))))
                    .withReportingController(CONTROLLER)
                    .withReportingInstance(instance)
                    .withType(warning ? "Warning" : "Normal")
                    .withReason(reason)
                    .withAction(action)
                    .withNote(note.length() > MAX_NOTE ? note.substring(0, MAX_NOTE) : note)
                    .withNewRegarding()
                    .withApiVersion(object.getApiVersion()).withKind(object.getKind()).withName(about.getName())
                    .withNamespace(about.getNamespace()).withUid(about.getUid()).withResourceVersion(about.getResourceVersion())
                    .endRegarding()
                    .build()).create();
            return true;
        } catch (KubernetesClientException e) {
            ApiFault fault = ApiFault.of(e);
            if (fault != ApiFault.CONFLICT) {
                counters.increment("event_" + fault.label());
                LOG.log(System.Logger.Level.INFO, "{0} {1}/{2}: {3}: {4} (no event: {5})", object.getKind(), namespace,
                        about.getName(), reason, note, fault.label());
            }
            return fault == ApiFault.CONFLICT || !fault.passing();
        }
    }

    private static String name(ObjectMeta about, String reason, String note) {
        String said = about.getUid() + "/" + about.getGeneration() + "/" + reason + "/" + note;
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(said.getBytes(StandardCharsets.UTF_8));
            String name = about.getName().length() > MAX_NAME ? about.getName().substring(0, MAX_NAME) : about.getName();
            return name + "." + HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
