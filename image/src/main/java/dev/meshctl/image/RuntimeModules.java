package dev.meshctl.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The modules of the JDK that the image's Java runtime consists of, written down in {@code modules.txt} with a reason for
 * each; also those that a library could use but that are left out.
 *
 * @param included go into the runtime
 * @param left are known to be referred to, and not needed
 */
record RuntimeModules(SortedSet<String> included, SortedSet<String> left) {
    static final String LIST = "modules.txt";

    /** The list of this project. */
    static RuntimeModules written() throws IOException, ImageException {
        InputStream list = RuntimeModules.class.getResourceAsStream(LIST);
        if (list == null) {
            throw new IOException(LIST + " is missing beside " + RuntimeModules.class.getName());
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(list, StandardCharsets.UTF_8))) {
            return parse(lines.lines().toList());
        }
    }

    /**
     * Reads lines of {@code +module: reason} or {@code -module: reason}; {@code #} begins a comment.
     *
     * @throws ImageException if a line is neither, or a module has no reason or is there twice
     */
    static RuntimeModules parse(Collection<String> lines) throws ImageException {
        SortedSet<String> included = new TreeSet<>();
        SortedSet<String> left = new TreeSet<>();
        int number = 0;
        for (String line : lines) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int colon = line.indexOf(':');
            char sign = line.charAt(0);
            if (colon < 2 || (sign != '+' && sign != '-') || line.substring(colon + 1).isBlank()) {
                throw new ImageException(LIST + ":" + number + " is \"" + line + "\" but must be \"+module: reason\" or \"-module: reason\"");
            }
            String module = line.substring(1, colon);
            if (included.contains(module) || !(sign == '+' ? included : left).add(module)) {
                throw new ImageException(LIST + ":" + number + " names " + module + " a second time");
            }
        }
        return new RuntimeModules(included, left);
    }

    /**
     * Checks the list against what jdeps found.
     *
     * @throws ImageException if the jars refer to a module that the list has not heard of
     */
    void requireKnown(Set<String> found) throws ImageException {
        SortedSet<String> unknown = new TreeSet<>(found);
        unknown.removeAll(included);
        unknown.removeAll(left);
        if (!unknown.isEmpty()) {
            throw new ImageException("the jars refer to the JDK modules " + unknown + ", of which " + LIST
                    + " says neither that they go into the image (+) nor why they need not (-)");
        }
    }
}
