package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import dev.meshctl.kubernetes.failure.FieldProblem;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the API server refuses of several resources: a line for each field, {@code HTTPRoute shop/payments: spec.rules[0]: …},
 * as the control plane says it, so that whoever has the files can say where it stands.
 */
final class Refusals {
    private static final int MAX_LINES = 100;
    /** The resource is refused for what it is or where it is meant to be, whatever becomes of the others. */
    private static final Set<Cause> REFUSED = EnumSet.of(Cause.FORBIDDEN, Cause.REFUSED_BY_POLICY, Cause.NOT_FOUND,
            Cause.KIND_UNKNOWN, Cause.STALE, Cause.IMMUTABLE, Cause.INVALID, Cause.NAMESPACE_TERMINATING);

    private final List<String> lines = new ArrayList<>();
    private final List<ApiException> failures = new ArrayList<>();
    private String first = "";

    /**
     * Takes one.
     *
     * @throws ApiException if it is no refusal: the API server is away, or takes no credentials
     */
    void take(RenderedObject.Key key, ApiException refused) {
        ApiFailure failure = refused.failure();
        if (!REFUSED.contains(failure.cause())) {
            throw refused;
        }
        first = failures.isEmpty() ? key.toString() : first;
        failures.add(refused);
        if (failure.fields().isEmpty()) {
            lines.add(key + ": " + failure.why());
        }
        for (FieldProblem problem : failure.fields()) {
            lines.add(key + ": " + problem);
        }
    }

    /**
     * All of them as one error; empty if nothing was refused.
     *
     * @param state what was changed
     */
    Optional<CliError> error(String where, String state) {
        if (failures.isEmpty()) {
            return Optional.empty();
        }
        String more = lines.size() > MAX_LINES ? "\nand " + (lines.size() - MAX_LINES) + " more" : "";
        return Optional.of(CliError.failed(state + ", the API server refuses "
                        + (failures.size() == 1 ? first : failures.size() + " resources"))
                .at(where).because(lines.stream().limit(MAX_LINES).collect(Collectors.joining("\n")) + more)
                .next(failures.getFirst().failure().next()).from(failures.getFirst()));
    }
}
