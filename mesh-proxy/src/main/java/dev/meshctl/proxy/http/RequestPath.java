package dev.meshctl.proxy.http;

import java.util.ArrayList;
import java.util.List;

/** Parts of a request target. */
public final class RequestPath {
    private RequestPath() {}

    /** Without the query. */
    public static String path(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /** Without the question mark; empty if there is none. */
    public static String query(String target) {
        int query = target.indexOf('?');
        return query < 0 ? "" : target.substring(query + 1);
    }

    /**
     * The path as the most lenient application would read it: percent-decoded once, backslashes as slashes, empty and
     * dot segments resolved. Policies look at this one, so that spelling a path differently evades nothing.
     */
    public static String canonical(String path) {
        if (path.indexOf('%') < 0 && path.indexOf('\\') < 0 && path.indexOf(';') < 0 && !path.contains("//")
                && !path.contains("/.")) {
            return path;
        }
        String decoded = decode(path).replace('\\', '/');
        List<String> segments = new ArrayList<>();
        String[] parts = decoded.split("/", -1);
        for (String part : parts) {
            int parameters = part.indexOf(';');
            String segment = parameters < 0 ? part : part.substring(0, parameters);
            if (segment.equals("..")) {
                if (!segments.isEmpty()) {
                    segments.removeLast();
                }
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                segments.add(segment);
            }
        }
        String joined = "/" + String.join("/", segments);
        return parts[parts.length - 1].isEmpty() && !segments.isEmpty() ? joined + "/" : joined;
    }

    private static String decode(String path) {
        StringBuilder decoded = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            int high = c == '%' && i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
            int low = high >= 0 ? Character.digit(path.charAt(i + 2), 16) : -1;
            if (low >= 0) {
                decoded.append((char) (high << 4 | low));
                i += 2;
            } else {
                decoded.append(c);
            }
        }
        return decoded.toString();
    }
}
