package dev.meshctl.control.admission.webhook;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.control.admission.webhook.AdmissionAnswer.Problem;
import dev.meshctl.runtime.daemon.Counters;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Refuses objects of the mesh's kinds, and routes of services, that the mesh could not read, with the path and the
 * reason. Uses the parser that {@code apply} uses.
 *
 * <p>Allowed whatever they hold: deletes, subresources, kinds that are not the mesh's, routes that are for gateways
 * only, objects that are being deleted (a finalizer could not be removed else), and updates that leave the intent
 * of a stored object as it is.
 *
 * <p>Counted: {@code valid}, {@code invalid}, {@code invalid_unchanged}, {@code not_asked_for}.
 */
public final class ValidationWebhook extends Webhook {
    public ValidationWebhook(Counters counters) {
        super(counters);
    }

    @Override
    AdmissionAnswer review(AdmissionRequest request) {
        boolean written = request.operation().equals("CREATE") || request.operation().equals("UPDATE");
        Optional<ObjectNode> intent = written && request.subResource().isEmpty() && isKnown(request)
                ? Intent.of(request.object(), request.name()) : Optional.empty();
        if (intent.isEmpty()) {
            count("not_asked_for");
            return AdmissionAnswer.allowed(List.of(), Map.of());
        }
        List<Problem> problems = problems(intent.get(), request.namespace());
        if (problems.isEmpty()) {
            count("valid");
            return AdmissionAnswer.allowed(List.of(), Map.of());
        }
        if (request.operation().equals("UPDATE") && request.object().path("spec").equals(request.oldObject().path("spec"))) {
            count("invalid_unchanged");
            return AdmissionAnswer.allowed(problems.stream().map(problem -> "not in use: " + problem).toList(), Map.of());
        }
        count("invalid");
        return AdmissionAnswer.refused(problems, Map.of());
    }

    private static boolean isKnown(AdmissionRequest request) {
        return Kinds.ALL.stream().anyMatch(kind ->
                kind.name().equals(request.kind()) && kind.isReadAs(request.apiVersion()));
    }

    private static List<Problem> problems(ObjectNode intent, String namespace) {
        try {
            ResourceParser.parseOne("<review>", intent.toString(), namespace);
            return List.of();
        } catch (InvalidResource e) {
            return e.problems().stream()
                    .map(p -> new Problem(p.path(), p.message() + (p.hint().isEmpty() ? "" : "; " + p.hint()))).toList();
        }
    }
}
