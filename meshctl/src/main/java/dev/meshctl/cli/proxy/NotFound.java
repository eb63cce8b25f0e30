package dev.meshctl.cli.proxy;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Suggestion;
import java.util.Comparator;
import java.util.List;

/** The errors of a name that means no proxy, or more than one. */
final class NotFound {
    private static final int SHOWN = 8;

    private NotFound() {}

    /**
     * There is none.
     *
     * @param what is looked for, as "pod"
     * @param known names that there are
     */
    static CliError none(Cluster cluster, String what, WantedName wanted, List<String> known) {
        CliError error = CliError.failed("there is no " + what + " \"" + wanted.text() + "\"")
                .at("cluster " + cluster.name() + (wanted.namespace().isEmpty() ? "" : ", namespace " + wanted.namespace()));
        if (known.isEmpty()) {
            return error.because("nothing there has a proxy").next("meshctl proxy list --cluster " + cluster.name());
        }
        return error.because("nearest: " + nearest(wanted, known))
                .next(Suggestion.nearest(wanted.text(), known).map(near -> "did you mean \"" + near + "\"?")
                        .orElse("meshctl proxy list --cluster " + cluster.name()));
    }

    /** It may be several. */
    static CliError ambiguous(Cluster cluster, WantedName wanted, List<String> found) {
        return CliError.failed("\"" + wanted.text() + "\" is the beginning of " + found.size() + " names")
                .at("cluster " + cluster.name()).because(some(found.stream().sorted().toList()))
                .next("name one, or the service for all of them");
    }

    private static String nearest(WantedName wanted, List<String> known) {
        return some(known.stream()
                .sorted(Comparator.comparingInt((String name) -> -common(name, wanted)).thenComparing(Comparator.naturalOrder()))
                .toList());
    }

    // Names of pods end in random letters, so that what they begin with says more than how many letters differ.
    private static int common(String name, WantedName wanted) {
        String bare = name.substring(name.indexOf('/') + 1);
        int length = 0;
        while (length < bare.length() && length < wanted.name().length() && bare.charAt(length) == wanted.name().charAt(length)) {
            length++;
        }
        return length;
    }

    private static String some(List<String> names) {
        String first = String.join(", ", names.stream().limit(SHOWN).toList());
        return names.size() > SHOWN ? first + " and " + (names.size() - SHOWN) + " more" : first;
    }
}
