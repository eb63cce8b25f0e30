package dev.meshctl.cli.command.inject;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.command.ManifestTexts;
import dev.meshctl.cli.output.Console;
import dev.meshctl.control.admission.inject.Fault;
import dev.meshctl.control.admission.inject.Injection;
import dev.meshctl.control.admission.manifest.InvalidManifest;
import dev.meshctl.control.admission.manifest.Manifests.Outcome;
import dev.meshctl.control.admission.manifest.Manifests.Rendered;
import java.util.ArrayList;
import java.util.List;

/** All manifests as they are to be: the text goes to standard output, what was done to standard error. */
final class Rewritten {
    /** Rewrites one text. */
    @FunctionalInterface
    interface Change {
        Rendered of(ManifestTexts.Text text) throws InvalidManifest;
    }

    private final String done;
    private final StringBuilder text = new StringBuilder();
    private final List<String> notes = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /** @param done what happened to an object that was changed, as in "proxy added" */
    Rewritten(String done) {
        this.done = done;
    }

    Rewritten all(List<ManifestTexts.Text> texts, Change change) {
        for (ManifestTexts.Text each : texts) {
            try {
                Rendered rendered = change.of(each);
                append(rendered.text());
                rendered.outcomes().forEach(outcome -> tell(each.source(), outcome));
            } catch (InvalidManifest e) {
                problems.add(e.problem().toString());
            }
        }
        return this;
    }

    private void append(String next) {
        if (!text.isEmpty() && !next.stripLeading().startsWith("---")) {
            text.append(text.charAt(text.length() - 1) == '\n' ? "" : "\n").append("---\n");
        } else if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
            text.append('\n');
        }
        text.append(next);
    }

    private void tell(String source, Outcome outcome) {
        String object = source + ":" + outcome.line() + ": " + outcome.object() + ": ";
        switch (outcome.injection()) {
            case Injection.Changed changed -> {
                notes.add(object + done);
                changed.warnings().forEach(warning -> notes.add(object + "warning: " + warning));
            }
            case Injection.LeftAlone alone when alone.reason() == Injection.Reason.NOT_A_WORKLOAD -> { }
            case Injection.LeftAlone alone -> notes.add(object + "left alone (" + alone.reason().word() + "): " + alone.because());
            case Injection.Refused refused -> {
                for (Fault fault : refused.faults()) {
                    problems.add(object + fault);
                }
            }
        }
    }

    /**
     * Prints it all, or nothing if anything is wrong: half of a set of manifests is not to be applied.
     *
     * @throws CliError with every problem, each with file and line
     */
    void print(Console console) {
        notes.forEach(console::err);
        if (!problems.isEmpty()) {
            throw CliError.failed("nothing was written, the manifests are not fit for it")
                    .because(String.join("\n", problems)).next("correct the manifests and run it again");
        }
        console.out(text.toString().stripTrailing());
    }
}
