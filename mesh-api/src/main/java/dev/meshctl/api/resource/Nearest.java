package dev.meshctl.api.resource;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that was probably meant, by edits (insert, delete, replace, swap of neighbours). */
public final class Nearest {
    private static final int MAX_LENGTH = 64;

    private Nearest() {}

    /** The nearest of the words, in any case; empty if more than a third of its letters would have to change. */
    public static Optional<String> to(String typed, Collection<String> words) {
        if (typed.isEmpty() || typed.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String text = typed.toLowerCase(Locale.ROOT);
        return words.stream()
                .filter(word -> word.length() <= MAX_LENGTH)
                .filter(word -> distance(text, word.toLowerCase(Locale.ROOT)) <= Math.max(1, (word.length() + 1) / 3))
                .min(Comparator.comparingInt((String word) -> distance(text, word.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Optimal string alignment distance. */
    static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                cost[i][j] = i == 0 || j == 0 ? i + j : cell(cost, a, b, i, j);
            }
        }
        return cost[a.length()][b.length()];
    }

    private static int cell(int[][] cost, String a, String b, int i, int j) {
        int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(Math.min(cost[i - 1][j] + 1, cost[i][j - 1] + 1), cost[i - 1][j - 1] + same);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
    }
}
