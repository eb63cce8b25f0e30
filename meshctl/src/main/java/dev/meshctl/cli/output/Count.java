package dev.meshctl.cli.output;

/** Numbers of things, as one says them. */
public final class Count {
    private Count() {}

    /** As in {@code 1 proxy}, {@code 2 proxies}. */
    public static String of(long number, String noun) {
        if (number == 1) {
            return "1 " + noun;
        }
        return number + " " + (noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s");
    }
}
