package dev.meshctl.control.admission.inject;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Ports as annotations write them: {@code 3306, 9000-9010}. */
final class PortList {
    static final int MAX = 64;
    static final String FORM = "ports or ranges of ports with commas between them, such as \"3306,9000-9010\"";

    private PortList() {}

    /**
     * Returns numbers and ranges in ascending order, each once.
     *
     * @throws IllegalArgumentException if the text is something else, or has more than {@value #MAX} items
     */
    static List<String> parse(String text) {
        if (text.isBlank()) {
            return List.of();
        }
        String[] items = text.split(",", -1);
        if (items.length > MAX) {
            throw new IllegalArgumentException("at most %d ports or ranges, found %d".formatted(MAX, items.length));
        }
        TreeMap<Long, String> sorted = new TreeMap<>();
        for (String item : items) {
            String[] ends = item.strip().split("-", -1);
            int low = port(ends[0], item);
            int high = ends.length == 1 ? low : ends.length == 2 ? port(ends[1], item) : 0;
            if (high < low) {
                throw new IllegalArgumentException("expected %s, found %s".formatted(FORM, Faults.quoted(item.strip())));
            }
            sorted.put(low * 65536L + high, low == high ? String.valueOf(low) : low + "-" + high);
        }
        return List.copyOf(new ArrayList<>(sorted.values()));
    }

    private static int port(String text, String item) {
        if (!text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        }
        throw new IllegalArgumentException("expected %s, each from 1 to 65535, found %s".formatted(FORM, Faults.quoted(item.strip())));
    }
}
