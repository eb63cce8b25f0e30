package dev.meshctl.control.admission.inject;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Amounts as Kubernetes writes them: {@code 100m}, {@code 1.5}, {@code 64Mi}.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/">Quantity</a>
 */
final class Quantity {
    private static final Pattern FORM = Pattern.compile(
            "([0-9]{1,15}(?:\\.[0-9]{0,9})?|\\.[0-9]{1,9})([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?");
    private static final Map<String, Integer> DECIMAL = Map.of(
            "n", -9, "u", -6, "m", -3, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);
    private static final String BINARY = "KMGTPE";
    /** Less memory than a process can start in is a slip of the unit, such as 64m for 64Mi. */
    private static final BigDecimal LEAST_MEMORY = BigDecimal.valueOf(16L << 20);
    private static final BigDecimal MOST_CPU = BigDecimal.valueOf(1024);
    private static final BigDecimal LEAST_CPU = new BigDecimal("0.001");

    private Quantity() {}

    /** @throws IllegalArgumentException if the text is no quantity */
    static BigDecimal parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("expected a quantity such as 100m or 64Mi, found " + Faults.quoted(text));
        }
        BigDecimal number = new BigDecimal(form.group(1));
        String suffix = form.group(2);
        if (suffix == null) {
            return number;
        }
        if (suffix.endsWith("i")) {
            return number.multiply(BigDecimal.TWO.pow(10 * (BINARY.indexOf(suffix.charAt(0)) + 1)));
        }
        Integer power = DECIMAL.get(suffix);
        return number.scaleByPowerOfTen(power != null ? power : Integer.parseInt(suffix.substring(1)));
    }

    /** @throws IllegalArgumentException unless it is 1m to 1024 CPUs */
    static String cpu(String text) {
        BigDecimal cpus = parse(text);
        if (cpus.compareTo(LEAST_CPU) < 0 || cpus.compareTo(MOST_CPU) > 0) {
            throw new IllegalArgumentException("expected 1m to 1024 CPUs, found " + Faults.quoted(text));
        }
        return text;
    }

    /** @throws IllegalArgumentException unless it is at least 16Mi */
    static String memory(String text) {
        if (parse(text).compareTo(LEAST_MEMORY) < 0) {
            throw new IllegalArgumentException("expected at least 16Mi, found " + Faults.quoted(text)
                    + (text.endsWith("m") ? " (m means thousandths of a byte; did you mean Mi?)" : ""));
        }
        return text;
    }
}
