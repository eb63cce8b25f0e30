package dev.meshctl.proxy.config;

import dev.meshctl.api.name.ServiceName;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Suggestions for a misspelt service. */
final class NearestNames {
    private static final int MAX_SUGGESTIONS = 3;
    private static final int MAX_EDITS = 2;

    private record Candidate(String name, int edits) {}

    private NearestNames() {}

    /** Known services at most two edits away, or of the same name in another namespace; nearest first. */
    static List<String> to(ServiceName wanted, Stream<String> known) {
        String text = wanted.toString();
        return known.distinct()
                .filter(name -> !name.equals(text))
                .map(name -> new Candidate(name, name.startsWith(wanted.name() + ".") ? 1 : edits(name, text)))
                .filter(candidate -> candidate.edits() <= MAX_EDITS)
                .sorted(Comparator.comparingInt(Candidate::edits).thenComparing(Candidate::name))
                .limit(MAX_SUGGESTIONS)
                .map(Candidate::name)
                .toList();
    }

    /** Levenshtein distance, one row at a time; names that differ much in length are not worth the work. */
    private static int edits(String a, String b) {
        if (Math.abs(a.length() - b.length()) > MAX_EDITS) {
            return MAX_EDITS + 1;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substitution, Math.min(row[j - 1], row[j]) + 1);
            }
        }
        return row[b.length()];
    }
}
