package dev.meshctl.cli.output;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Where commands print to. Knows terminal, colour, width and pipe, and the format the user asked for.
 * Results go to standard output; progress, questions and errors to standard error.
 */
public final class Console {
    private final Environment environment;
    private final OutputFormat format;
    private final boolean outColour;
    private final boolean errColour;

    public Console(Environment environment, OutputFormat format) {
        this.environment = environment;
        this.format = format;
        boolean wanted = environment.variable("NO_COLOR").isEmpty()
                && !environment.variable("TERM").orElse("").equals("dumb");
        this.outColour = wanted && environment.terminals().out();
        this.errColour = wanted && environment.terminals().err();
    }

    public OutputFormat format() {
        return format;
    }

    /** Columns of the terminal. */
    public int width() {
        return environment.width();
    }

    /** True if results are read by a human on a terminal. */
    public boolean isTerminal() {
        return environment.terminals().out();
    }

    /** True if the user can be asked. */
    public boolean isInteractive() {
        return environment.terminals().in() && environment.terminals().err();
    }

    boolean errIsTerminal() {
        return environment.terminals().err();
    }

    /** Paints text that goes to standard output. */
    public String paint(Style style, String text) {
        return outColour ? style.paint(text) : text;
    }

    /** Paints text that goes to standard error. */
    public String paintErr(Style style, String text) {
        return errColour ? style.paint(text) : text;
    }

    /** One line of result. */
    public void out(String line) {
        environment.out().println(line);
        environment.out().flush();
    }

    /** One line of result that a structured format must not contain. */
    public void note(String line) {
        if (!format.isStructured() && format != OutputFormat.NAME) {
            out(line);
        }
    }

    /** A note that may be long: a terminal breaks it at its blanks, the lines after the first indented. */
    public void longNote(String text) {
        (isTerminal() ? ColumnWidths.hanging(text, width()) : List.of(text)).forEach(this::note);
    }

    /** The same to standard error. */
    public void longErr(String text) {
        (errIsTerminal() ? ColumnWidths.hanging(text, width()) : List.of(text)).forEach(this::err);
    }

    /** One line to standard error. */
    public void err(String line) {
        environment.err().println(line);
        environment.err().flush();
    }

    /** Begins a new line if live output may have left the cursor in the middle of one. */
    public void interrupted() {
        if (errIsTerminal()) {
            err("");
        }
    }

    /** A warning: something to know that failed nothing. */
    public void warn(String line) {
        err(paintErr(Style.WARN, "warning:") + " " + line);
    }

    /** Text to standard error without an end of line, for live output. */
    synchronized void errRaw(String text) {
        environment.err().print(text);
        environment.err().flush();
    }

    /** Text to standard output without an end of line, for screens that redraw themselves. */
    public synchronized void outRaw(String text) {
        environment.out().print(text);
        environment.out().flush();
    }

    /** Prints a list in the chosen format. An empty list says {@code empty} on standard error. */
    public <T> void print(Table<T> table, List<T> rows, String empty) {
        switch (format) {
            case JSON, YAML, JUNIT -> data(rows.stream().map(table::data).toList());
            case NAME -> rows.forEach(row -> out(table.name(row)));
            case TABLE, WIDE -> lines(table, rows, empty);
        }
    }

    /**
     * Prints rows that come after others, without a header of their own.
     *
     * @param before those that the columns are aligned with
     */
    public <T> void printMore(Table<T> table, List<T> before, List<T> rows) {
        boolean wide = format == OutputFormat.WIDE;
        switch (format) {
            case JSON, YAML, JUNIT, NAME -> print(table, rows, "");
            case TABLE, WIDE -> (isTerminal() ? table.alignedBelow(before, rows, wide, outColour, width())
                    : table.separatedBelow(rows, wide)).forEach(this::out);
        }
    }

    /** True if nobody reads the results any more, as after {@code | head -1}. */
    public boolean isReaderGone() {
        return environment.out().checkError();
    }

    private <T> void lines(Table<T> table, List<T> rows, String empty) {
        if (rows.isEmpty()) {
            err(empty);
            return;
        }
        boolean wide = format == OutputFormat.WIDE;
        List<String> lines = isTerminal() ? table.aligned(rows, wide, outColour, width()) : table.separated(rows, wide);
        lines.forEach(this::out);
    }

    /** Prints maps, lists and scalars as JSON, or as YAML if that is the format. */
    public void data(Object value) {
        out(Data.write(format, value));
    }

    /** Prints an error in the chosen format, to standard error. */
    public void error(CliError error) {
        if (format.isStructured()) {
            err(Data.write(format, error.toData()));
            return;
        }
        err(paintErr(Style.BAD, "error:") + " " + error.what());
        part("where", error.where());
        part("why", error.why());
        part("next", error.next());
    }

    private void part(String label, String text) {
        if (!text.isEmpty()) {
            err("  " + paintErr(Style.DIM, String.format(Locale.ROOT, "%-6s", label + ":")) + " "
                    + text.strip().replace("\n", "\n         "));
        }
    }

    /** Asks a yes-or-no question; anything but yes is no, and so is the end of input. */
    public boolean ask(String question) {
        errRaw(question + " [y/N] ");
        try {
            BufferedReader reader = new BufferedReader(new InputStreamReader(environment.in(), StandardCharsets.UTF_8));
            String answer = reader.readLine();
            return answer != null && (answer.strip().equalsIgnoreCase("y") || answer.strip().equalsIgnoreCase("yes"));
        } catch (IOException e) {
            return false;
        }
    }

    /** Live progress on standard error; silent with structured formats. */
    public Progress progress() {
        return new Progress(this, System::nanoTime);
    }
}
