package dev.meshctl.kubernetes.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.StatusCause;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class FieldProblemsTest {
    private static List<FieldProblem> inMessage(String message) {
        return FieldProblems.of(List.of(), message);
    }

    @Test
    void causesComeBeforeWhatTheMessageSays() {
        assertThat(FieldProblems.of(List.of(new StatusCause(".spec.a", " must\nbe b ", "FieldValueInvalid"),
                new StatusCause("<nil>", "too large", ""), new StatusCause(null, "denied", ""), new StatusCause("spec.c", null, "")),
                "unknown field \"spec.d\"")).containsExactly(
                        new FieldProblem("spec.a", "must be b"), new FieldProblem("", "too large"), new FieldProblem("", "denied"));
    }

    @Test
    void atMostThirtyTwoAreNamed() {
        assertThat(FieldProblems.of(Collections.nCopies(40, new StatusCause("spec.a", "no", "")), "")).hasSize(32);
        assertThat(inMessage("unknown field \"spec.d\", ".repeat(40))).hasSize(32);
    }

    @Test
    void strictDecodingNamesUnknownAndDuplicateFields() {
        assertThat(inMessage("strict decoding error: unknown field \"spec.a[0].b\", duplicate field \"spec.c\"")).containsExactly(
                new FieldProblem("spec.a[0].b", "unknown field"), new FieldProblem("spec.c", "duplicate field"));
    }

    @Test
    void aTypedPatchNamesOneFieldOrSeveral() {
        assertThat(inMessage("failed to create typed patch object (shop/x; example.org/v1, Kind=X): .spec.a: expected string, got &v{1}"))
                .containsExactly(new FieldProblem("spec.a", "expected string, got &v{1}"));
        assertThat(inMessage("failed to create typed patch object (shop/x; example.org/v1, Kind=X): errors:\n  .spec.a: no\n  .spec.b: nor"))
                .containsExactly(new FieldProblem("spec.a", "no"), new FieldProblem("spec.b", "nor"));
    }

    @Test
    void aWebhookMayBeginItsReasonWithThePathOfAField() {
        assertThat(inMessage("admission webhook \"a.example.org\" denied the request: spec.rules[0].name: taken\nmetadata.name: too long"))
                .containsExactly(new FieldProblem("spec.rules[0].name", "taken"), new FieldProblem("metadata.name", "too long"));
    }

    @Test
    void aMessageWithoutAFieldNamesNone() {
        assertThat(inMessage("admission webhook \"a.example.org\" denied the request: every spec: needs an owner")).isEmpty();
        assertThat(inMessage("")).isEmpty();
    }
}
