package dev.meshctl.control.admission.inject;

import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Reason;
import dev.meshctl.control.admission.inject.Injection.Refused;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Adds the proxy to one pod, or to the pod template of a Deployment, StatefulSet, DaemonSet, ReplicaSet,
 * ReplicationController, PodTemplate, Job or CronJob. The given tree is never changed. Doing it twice is as
 * doing it once. {@link Uninjector} is the exact inverse.
 */
public final class Injector {
    private final InjectionSettings settings;

    public Injector(InjectionSettings settings) {
        this.settings = settings;
    }

    /** The object with a proxy, or why not. An object of any shape and kind may be given. */
    public Injection inject(ObjectNode object, Placement placement) {
        Optional<List<String>> path = PodTemplates.path(object);
        if (path.isEmpty()) {
            return new LeftAlone(Reason.NOT_A_WORKLOAD, "it makes no pods");
        }
        String own = Tree.text(object, "metadata", "namespace");
        Eligibility eligibility = new Eligibility(settings, own.isEmpty() ? placement : placement.in(own));
        ObjectNode copy = object.deepCopy();
        JsonNode pod = PodTemplates.pod(copy, path.get());
        Faults faults = new Faults(String.join(".", path.get()));
        Optional<LeftAlone> unwanted = eligibility.unwanted(pod, faults);
        if (unwanted.isPresent()) {
            return unwanted.get();
        }
        PodShape.check(pod, faults);
        if (faults.any()) {
            return new Refused(faults.list());
        }
        Optional<LeftAlone> impossible = eligibility.impossible(pod);
        return impossible.isPresent() ? impossible.get()
                : wanted(copy, (ObjectNode) pod, eligibility.placement(), faults, path.get().isEmpty());
    }

    private Injection wanted(ObjectNode object, ObjectNode pod, Placement placement, Faults faults, boolean isPod) {
        Map<String, String> annotations = Tree.texts(Tree.at(pod, "metadata", "annotations"));
        Tuning tuning = PodAnnotations.read(annotations, settings.defaults(), faults);
        Conflicts conflicts = new Conflicts(settings, pod);
        conflicts.check(faults);
        if (faults.any()) {
            return new Refused(faults.list());
        }
        List<String> warnings = conflicts.warnings(object, isPod, placement, tuning);
        warnings.addAll(change(pod, tuning));
        return new Changed(object, warnings);
    }

    /** Returns warnings. */
    private List<String> change(ObjectNode pod, Tuning tuning) {
        ObjectNode spec = (ObjectNode) pod.path("spec");
        ProbeRewrite probes = new ProbeRewrite();
        if (tuning.rewriteProbes()) {
            probes.rewrite(spec);
        }
        PodVolumes volumes = PodVolumes.beside(spec, settings);
        InjectionRecord.Writer writer = new InjectionRecord.Writer();
        ArrayNode initContainers = writer.array(spec, "initContainers", "spec.initContainers");
        // The application's own init containers come after, so that migrations run in the mesh too.
        initContainers.insert(0, new Sidecar(settings, tuning, volumes, probes.originals(), PodShape.gracePeriodSeconds(spec)).container());
        boolean redirects = settings.redirect() == InjectionSettings.Redirect.INIT_CONTAINER;
        if (redirects) {
            initContainers.insert(0, new RedirectSetup(settings, tuning).container());
        }
        ArrayNode list = writer.array(spec, "volumes", "spec.volumes");
        volumes.volumes().forEach(list::add);
        ObjectNode metadata = writer.object(pod, "metadata", "metadata");
        ObjectNode annotations = writer.object(metadata, "annotations", "metadata.annotations");
        List<String> names = redirects ? List.of(RedirectSetup.NAME, Sidecar.NAME) : List.of(Sidecar.NAME);
        annotations.put(PodAnnotations.INJECTED,
                writer.done(settings.revision(), names, List.of(volumes.identity(), volumes.state())).json());
        return probes.warnings();
    }
}
