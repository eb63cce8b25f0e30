package dev.meshctl.proxy.telemetry;

/** The labels of a sample, in the text form of Prometheus, values escaped. Immutable. */
public final class Labels {
    public static final Labels NONE = new Labels("");

    private final String text;

    private Labels(String text) {
        this.text = text;
    }

    public static Labels of(String name, String value) {
        return NONE.and(name, value);
    }

    /** These and one more; an empty value is as good as no label and is left out. */
    public Labels and(String name, String value) {
        if (value.isEmpty()) {
            return this;
        }
        String pair = name + "=\"" + escape(value) + "\"";
        return new Labels(text.isEmpty() ? pair : text + "," + pair);
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** With braces; empty without labels. */
    @Override
    public String toString() {
        return text.isEmpty() ? "" : "{" + text + "}";
    }
}
