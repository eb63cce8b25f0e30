package dev.meshctl.control.admission.webhook;

import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Refused;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.inject.Placement;
import dev.meshctl.control.admission.webhook.AdmissionAnswer.Problem;
import dev.meshctl.runtime.daemon.Counters;
import java.util.List;
import java.util.Map;

/**
 * Mutates pods that are created. Everything else is allowed as it is: other kinds, other operations (a pod's
 * containers cannot be changed later), and subresources, such as ephemeral containers.
 *
 * <p>Counted: {@code injected}, {@code refused}, {@code left_alone_REASON}, {@code not_asked_for}.
 */
public final class InjectionWebhook extends Webhook {
    /** What injection was decided, in the API server's audit log. */
    private static final String AUDIT = "injection";

    private final Injector injector;
    private final Namespaces namespaces;

    /** Answers what the labels of a namespace are; none if it is not known. Must not block for long. */
    public interface Namespaces {
        Map<String, String> labels(String namespace);
    }

    public InjectionWebhook(Injector injector, Namespaces namespaces, Counters counters) {
        super(counters);
        this.injector = injector;
        this.namespaces = namespaces;
    }

    @Override
    AdmissionAnswer review(AdmissionRequest request) {
        boolean newPod = request.apiVersion().equals("v1") && request.kind().equals("Pod")
                && request.operation().equals("CREATE") && request.subResource().isEmpty();
        if (!newPod) {
            count("not_asked_for");
            return AdmissionAnswer.allowed(List.of(), Map.of());
        }
        Placement placement = new Placement(request.namespace(), namespaces.labels(request.namespace()), false);
        return switch (injector.inject(request.object(), placement)) {
            case Changed changed -> {
                count("injected");
                yield AdmissionAnswer.patched(JsonPatch.between(request.object(), changed.object()), changed.warnings(),
                        Map.of(AUDIT, "injected"));
            }
            case LeftAlone alone -> {
                count("left_alone_" + alone.reason().word().replace('-', '_'));
                yield AdmissionAnswer.allowed(List.of(), Map.of(AUDIT, "left alone (%s): %s".formatted(alone.reason().word(), alone.because())));
            }
            case Refused refused -> {
                count("refused");
                yield AdmissionAnswer.refused(refused.faults().stream()
                        .map(f -> new Problem(f.path(), f.message() + (f.hint().isEmpty() ? "" : "; " + f.hint()))).toList(),
                        Map.of(AUDIT, "refused"));
            }
        };
    }
}
