package dev.meshctl.control.admission.webhook;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * Which items of two lists are the same: what is equal at both ends, and a longest common subsequence of what is
 * between. Time and memory grow with the product of the lengths between, which is bounded: beyond
 * {@value #MAX_CELLS} the items between are matched by position.
 */
final class ListMatches {
    static final int MAX_CELLS = 250_000;

    /** Two items, by their indexes. */
    record Match(int from, int to) {}

    private ListMatches() {}

    /** In ascending order of both indexes. */
    static List<Match> of(ArrayNode from, ArrayNode to) {
        List<Match> matches = new ArrayList<>();
        int shorter = Math.min(from.size(), to.size());
        int start = 0;
        while (start < shorter && from.get(start).equals(to.get(start))) {
            matches.add(new Match(start, start));
            start++;
        }
        int tail = 0;
        while (tail < shorter - start && from.get(from.size() - 1 - tail).equals(to.get(to.size() - 1 - tail))) {
            tail++;
        }
        between(from, start, from.size() - tail, to, to.size() - tail, matches);
        for (; tail > 0; tail--) {
            matches.add(new Match(from.size() - tail, to.size() - tail));
        }
        return matches;
    }

    private static void between(ArrayNode from, int start, int endFrom, ArrayNode to, int endTo, List<Match> matches) {
        int rows = endFrom - start;
        int columns = endTo - start;
        if ((long) (rows + 1) * (columns + 1) > MAX_CELLS) {
            return;
        }
        int[][] longest = new int[rows + 1][columns + 1];
        for (int i = rows - 1; i >= 0; i--) {
            for (int j = columns - 1; j >= 0; j--) {
                longest[i][j] = same(from.get(start + i), to.get(start + j)) ? longest[i + 1][j + 1] + 1
                        : Math.max(longest[i + 1][j], longest[i][j + 1]);
            }
        }
        for (int i = 0, j = 0; i < rows && j < columns; ) {
            if (same(from.get(start + i), to.get(start + j))) {
                matches.add(new Match(start + i++, start + j++));
            } else if (longest[i + 1][j] >= longest[i][j + 1]) {
                i++;
            } else {
                j++;
            }
        }
    }

    private static boolean same(JsonNode a, JsonNode b) {
        JsonNode name = a.path("name");
        return a.equals(b) || (name.isString() && name.equals(b.path("name")));
    }
}
