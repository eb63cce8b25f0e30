package dev.meshctl.cli.install.kubernetes.diff;

import java.util.ArrayList;
import java.util.List;

/** The difference of two texts by their longest common subsequence of lines, with some lines around each change. */
final class LineDiff {
    private static final int AROUND = 3;
    /** Characters of a line that stays as it is, as one with a certificate in it. */
    private static final int WIDEST_AROUND = 120;
    /** Of the table, in cells; texts that differ more than that are shown as replaced. */
    private static final long MAX_CELLS = 9_000_000;

    private final List<String> before;
    private final List<String> after;
    private final List<String> lines = new ArrayList<>();

    private LineDiff(List<String> before, List<String> after) {
        this.before = before;
        this.after = after;
    }

    /** Lines that begin with {@code -}, {@code +} or a blank; {@code @@ n @@} where lines were left out, n from 1. */
    static List<String> of(List<String> before, List<String> after) {
        return new LineDiff(before, after).shortened();
    }

    private List<String> shortened() {
        compare();
        List<String> shown = new ArrayList<>();
        int line = 0;
        boolean gap = true;
        for (int i = 0; i < lines.size(); i++) {
            line += lines.get(i).startsWith("+") ? 0 : 1;
            if (!near(i)) {
                gap = true;
                continue;
            }
            if (gap) {
                shown.add("@@ " + Math.max(1, line) + " @@");
                gap = false;
            }
            shown.add(cut(lines.get(i)));
        }
        return shown;
    }

    private static String cut(String line) {
        return !line.startsWith(" ") || line.length() <= WIDEST_AROUND ? line : line.substring(0, WIDEST_AROUND - 1) + "…";
    }

    private boolean near(int index) {
        for (int i = Math.max(0, index - AROUND); i <= Math.min(lines.size() - 1, index + AROUND); i++) {
            if (!lines.get(i).startsWith(" ")) {
                return true;
            }
        }
        return false;
    }

    private void compare() {
        int start = 0;
        while (start < Math.min(before.size(), after.size()) && before.get(start).equals(after.get(start))) {
            start++;
        }
        int end = 0;
        while (end < Math.min(before.size(), after.size()) - start
                && before.get(before.size() - 1 - end).equals(after.get(after.size() - 1 - end))) {
            end++;
        }
        add(" ", before.subList(0, start));
        middle(before.subList(start, before.size() - end), after.subList(start, after.size() - end));
        add(" ", before.subList(before.size() - end, before.size()));
    }

    private void middle(List<String> old, List<String> now) {
        if ((long) old.size() * now.size() > MAX_CELLS) {
            add("-", old);
            add("+", now);
            return;
        }
        int[][] common = common(old, now);
        int i = 0;
        int j = 0;
        while (i < old.size() || j < now.size()) {
            if (i < old.size() && j < now.size() && old.get(i).equals(now.get(j))) {
                lines.add(" " + old.get(i++));
                j++;
            } else if (j == now.size() || (i < old.size() && common[i + 1][j] >= common[i][j + 1])) {
                lines.add("-" + old.get(i++));
            } else {
                lines.add("+" + now.get(j++));
            }
        }
    }

    private static int[][] common(List<String> old, List<String> now) {
        int[][] common = new int[old.size() + 1][now.size() + 1];
        for (int i = old.size() - 1; i >= 0; i--) {
            for (int j = now.size() - 1; j >= 0; j--) {
                common[i][j] = old.get(i).equals(now.get(j)) ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        return common;
    }

    private void add(String sign, List<String> all) {
        all.forEach(line -> lines.add(sign + line));
    }
}
