package dev.meshctl.cli.proxy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a page of metrics. Lines that are no samples are left out.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Prometheus text format 0.0.4</a>
 */
final class MetricsText {
    private static final String TYPE = "# TYPE ";

    private MetricsText() {}

    /** @param type {@code counter}, {@code gauge}, {@code histogram}, or empty */
    record Sample(String name, String type, Map<String, String> labels, double value) {}

    static List<Sample> parse(String page) {
        List<Sample> samples = new ArrayList<>();
        Map<String, String> types = new LinkedHashMap<>();
        page.lines().forEach(line -> {
            if (line.startsWith(TYPE)) {
                String[] words = line.substring(TYPE.length()).split(" ");
                if (words.length == 2) {
                    types.put(words[0], words[1]);
                }
            } else if (!line.isBlank() && !line.startsWith("#")) {
                sample(line, types, samples);
            }
        });
        return samples;
    }

    private static void sample(String line, Map<String, String> types, List<Sample> to) {
        int brace = line.indexOf('{');
        Map<String, String> labels = new LinkedHashMap<>();
        int end = brace < 0 ? line.indexOf(' ') : labels(line, brace + 1, labels);
        if (end < 0) {
            return;
        }
        String name = line.substring(0, brace < 0 ? end : brace);
        try {
            to.add(new Sample(name, types.getOrDefault(family(name, types), ""), labels,
                    Double.parseDouble(line.substring(end).strip().split(" ")[0])));
        } catch (NumberFormatException e) {
            // "+Inf" and the like are no counts.
        }
    }

    /** The samples of a histogram have names of their own. */
    private static String family(String name, Map<String, String> types) {
        for (String end : new String[] {"_bucket", "_sum", "_count"}) {
            if (name.endsWith(end) && "histogram".equals(types.get(name.substring(0, name.length() - end.length())))) {
                return name.substring(0, name.length() - end.length());
            }
        }
        return name;
    }

    /** Reads up to and with the closing brace; -1 if there is none. */
    private static int labels(String line, int from, Map<String, String> to) {
        int at = from;
        while (at < line.length() && line.charAt(at) != '}') {
            int equals = line.indexOf("=\"", at);
            if (equals < 0) {
                return -1;
            }
            StringBuilder value = new StringBuilder();
            int i = equals + 2;
            while (i < line.length() && line.charAt(i) != '"') {
                char c = line.charAt(i);
                if (c == '\\' && i + 1 < line.length()) {
                    i++;
                    value.append(line.charAt(i) == 'n' ? '\n' : line.charAt(i));
                } else {
                    value.append(c);
                }
                i++;
            }
            to.put(line.substring(at, equals), value.toString());
            at = i + 1;
            if (at < line.length() && line.charAt(at) == ',') {
                at++;
            }
        }
        return at < line.length() ? at + 1 : -1;
    }
}
