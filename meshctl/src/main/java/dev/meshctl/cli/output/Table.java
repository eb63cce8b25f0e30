package dev.meshctl.cli.output;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * How a list of objects is printed in each format: aligned columns on a terminal, tab-separated text in a
 * pipe, data, or names alone. Describes only; {@link Console#print(Table, List, String)} prints.
 */
public final class Table<T> {
    private static final int GAP = 3;

    /** @param spare above 0 for one that is left out where there is no room, the highest first */
    record Column<T>(String header, boolean wideOnly, int spare, Function<T, String> text, Function<T, Style> style) {}

    private final List<Column<T>> columns = new ArrayList<>();
    private final Function<T, Map<String, Object>> data;
    private final Function<T, String> name;

    private Table(Function<T, String> name, Function<T, Map<String, Object>> data) {
        this.name = name;
        this.data = data;
    }

    /**
     * A table without columns yet.
     *
     * @param name one line of {@code -o name}
     * @param data one element of {@code -o json|yaml}; keys in the order of the map
     */
    public static <T> Table<T> of(Function<T, String> name, Function<T, Map<String, Object>> data) {
        return new Table<>(name, data);
    }

    public Table<T> column(String header, Function<T, String> text) {
        return column(header, text, row -> Style.PLAIN);
    }

    public Table<T> column(String header, Function<T, String> text, Function<T, Style> style) {
        columns.add(new Column<>(header, false, 0, text, style));
        return this;
    }

    /**
     * A column that is left out on a terminal that is too narrow for all; {@code -o wide} and pipes have it.
     *
     * @param rank from 1; the highest is left out first
     */
    public Table<T> spare(int rank, String header, Function<T, String> text) {
        return spare(rank, header, text, row -> Style.PLAIN);
    }

    /** The same in a style. */
    public Table<T> spare(int rank, String header, Function<T, String> text, Function<T, Style> style) {
        columns.add(new Column<>(header, false, rank, text, style));
        return this;
    }

    /** A column that only {@code -o wide} shows. */
    public Table<T> wide(String header, Function<T, String> text) {
        columns.add(new Column<>(header, true, 0, text, row -> Style.PLAIN));
        return this;
    }

    List<Column<T>> columns(boolean wide) {
        return columns.stream().filter(column -> wide || !column.wideOnly()).toList();
    }

    Map<String, Object> data(T row) {
        return data.apply(row);
    }

    String name(T row) {
        return name.apply(row);
    }

    /**
     * Aligned lines, header first, each without trailing blanks. Where they would be wider than the terminal, the
     * widest columns are folded at their blanks; where not even that is enough, spare columns are left out.
     */
    List<String> aligned(List<T> rows, boolean wide, boolean colour, int terminalWidth) {
        Layout<T> layout = layout(rows, wide, terminalWidth);
        List<String> lines = new ArrayList<>(folded(layout.shown().stream().map(Column::header).toList(),
                layout.shown().stream().map(c -> Style.DIM).toList(), layout.array(), colour));
        lines.addAll(body(layout, rows, colour));
        return lines;
    }

    /** Aligned lines of rows that come after others, below their columns as far as there is room. */
    List<String> alignedBelow(List<T> before, List<T> rows, boolean wide, boolean colour, int terminalWidth) {
        List<T> all = new ArrayList<>(before);
        all.addAll(rows);
        return body(layout(all, wide, terminalWidth), rows, colour);
    }

    private record Layout<T>(List<Column<T>> shown, List<Integer> widths) {
        int[] array() {
            return widths.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    private Layout<T> layout(List<T> rows, boolean wide, int terminalWidth) {
        List<Column<T>> shown = wide ? columns(true) : fitting(rows, terminalWidth);
        int[] natural = shown.stream().mapToInt(column -> column.header().length()).toArray();
        int[] least = natural.clone();
        for (T row : rows) {
            for (int i = 0; i < natural.length; i++) {
                String cell = cell(shown.get(i), row);
                natural[i] = Math.max(natural[i], cell.length());
                least[i] = Math.max(least[i], ColumnWidths.least(cell));
            }
        }
        int[] widths = ColumnWidths.fit(natural, least, terminalWidth - GAP * (natural.length - 1));
        return new Layout<>(shown, IntStream.of(widths).boxed().toList());
    }

    private static <T> List<String> body(Layout<T> layout, List<T> rows, boolean colour) {
        int[] widths = layout.array();
        List<String> lines = new ArrayList<>();
        for (T row : rows) {
            lines.addAll(folded(layout.shown().stream().map(c -> cell(c, row)).toList(),
                    layout.shown().stream().map(c -> c.style().apply(row)).toList(), widths, colour));
        }
        return lines;
    }

    private List<Column<T>> fitting(List<T> rows, int terminalWidth) {
        List<Column<T>> shown = new ArrayList<>(columns(false));
        while (comfortable(shown, rows) > terminalWidth) {
            Optional<Column<T>> spare = shown.stream().filter(c -> c.spare() > 0).max(Comparator.comparingInt(Column::spare));
            if (spare.isEmpty()) {
                break;
            }
            shown.remove(spare.get());
        }
        return shown;
    }

    /** The narrowest at which columns look well. */
    private static <T> int comfortable(List<Column<T>> columns, List<T> rows) {
        return GAP * (columns.size() - 1) + columns.stream().mapToInt(column -> rows.stream()
                .mapToInt(row -> ColumnWidths.comfortable(cell(column, row))).reduce(column.header().length(), Math::max)).sum();
    }

    /** The lines of one row: as many as its most folded cell has. */
    private static List<String> folded(List<String> cells, List<Style> styles, int[] widths, boolean colour) {
        List<List<String>> parts = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            parts.add(ColumnWidths.fold(cells.get(i), widths[i]));
        }
        int height = parts.stream().mapToInt(List::size).max().orElse(1);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < height; i++) {
            int at = i;
            lines.add(line(parts.stream().map(p -> at < p.size() ? p.get(at) : "").toList(), styles, widths, colour));
        }
        return lines;
    }

    /** Tab-separated lines, header first; an empty cell is a hyphen, so that columns can be counted. */
    List<String> separated(List<T> rows, boolean wide) {
        List<String> lines = new ArrayList<>();
        lines.add(String.join("\t", columns(wide).stream().map(Column::header).toList()));
        lines.addAll(separatedBelow(rows, wide));
        return lines;
    }

    /** The same without the header, for rows that come after others. */
    List<String> separatedBelow(List<T> rows, boolean wide) {
        return rows.stream().map(row -> String.join("\t", columns(wide).stream().map(c -> cell(c, row)).toList())).toList();
    }

    private static <T> String cell(Column<T> column, T row) {
        String text = column.text().apply(row).replace('\t', ' ').replace('\n', ' ');
        return text.isEmpty() ? "-" : text;
    }

    private static String line(List<String> cells, List<Style> styles, int[] widths, boolean colour) {
        StringBuilder line = new StringBuilder();
        int blanks = 0;
        for (int i = 0; i < cells.size(); i++) {
            String cell = cells.get(i);
            if (!cell.isEmpty()) {
                line.repeat(' ', blanks).append(colour ? styles.get(i).paint(cell) : cell);
                blanks = 0;
            }
            blanks += widths[i] - cell.length() + GAP;
        }
        return line.toString();
    }
}
