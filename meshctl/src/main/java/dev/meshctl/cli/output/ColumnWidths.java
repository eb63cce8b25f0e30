package dev.meshctl.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Makes the columns of a table fit a terminal. */
final class ColumnWidths {
    /** A longer word, as an identity, may be cut. */
    private static final int LONGEST_WHOLE_WORD = 24;

    private static final String INDENT = "  ";

    private ColumnWidths() {}

    /** The narrowest that a column with this cell can become: its longest word must stay in one piece. */
    static int least(String cell) {
        return Math.min(longestWord(cell), LONGEST_WHOLE_WORD);
    }

    /** The narrowest that looks well: words are in one piece, and what is short is in one line. */
    static int comfortable(String cell) {
        return Math.max(longestWord(cell), Math.min(cell.length(), LONGEST_WHOLE_WORD));
    }

    private static int longestWord(String cell) {
        int longest = 0;
        for (String word : cell.split(" ")) {
            longest = Math.max(longest, word.length());
        }
        return longest;
    }

    /**
     * Narrows the widest columns until all fit. If they cannot, they stay as they are: the terminal breaks the lines,
     * which is easier to read than words in pieces.
     *
     * @param natural the widths at which nothing is folded
     * @param least no column becomes narrower than this
     * @param room for all of them
     */
    static int[] fit(int[] natural, int[] least, int room) {
        int[] widths = natural.clone();
        int sum = IntStream.of(widths).sum();
        while (sum > room) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                if (widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                return natural;
            }
            widths[widest]--;
            sum--;
        }
        return widths;
    }

    /** The text in lines of that width at most, broken at blanks, those after the first indented. */
    static List<String> hanging(String text, int width) {
        if (text.length() <= width) {
            return List.of(text);
        }
        String first = fold(text, width).getFirst();
        List<String> lines = new ArrayList<>(List.of(first));
        fold(text.substring(first.length()).strip(), width - INDENT.length()).forEach(line -> lines.add(INDENT + line));
        return lines;
    }

    /** The text in lines of that width at most, broken at blanks; a longer word is cut. */
    static List<String> fold(String text, int width) {
        List<String> lines = new ArrayList<>();
        String rest = text;
        while (rest.length() > width) {
            int blank = rest.lastIndexOf(' ', width);
            int end = blank > 0 ? blank : width;
            lines.add(rest.substring(0, end).stripTrailing());
            rest = rest.substring(end).stripLeading();
        }
        lines.add(rest);
        return lines;
    }
}
