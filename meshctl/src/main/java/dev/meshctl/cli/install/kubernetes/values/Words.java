package dev.meshctl.cli.install.kubernetes.values;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The constants of settings as YAML has them: those of the Kubernetes API. */
public final class Words {
    private static final Map<String, String> IRREGULAR = Map.of("IPV4", "IPv4", "IPV6", "IPv6");

    private Words() {}

    /** {@code NODE_PORT} is {@code NodePort}. */
    public static String of(Enum<?> constant) {
        String irregular = IRREGULAR.get(constant.name());
        if (irregular != null) {
            return irregular;
        }
        StringBuilder word = new StringBuilder();
        for (String part : constant.name().split("_")) {
            word.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
        }
        return word.toString();
    }

    static List<String> all(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(constant -> of((Enum<?>) constant)).toList();
    }
}
