package dev.meshctl.cli.policy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.connect.Manifests;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/** Access policies as commands write them. */
public final class Policies {
    private Policies() {}

    /**
     * The policy.
     *
     * @param name empty: made of action, service and rule, so that the same command makes the same policy
     * @param action Allow or Deny
     * @param from of each rule; all have the same methods and paths
     */
    public static Map<String, Object> of(ServiceName service, String name, String action,
            List<Map<String, Object>> from, List<String> methods, List<String> paths) {
        Map<String, Object> to = new TreeMap<>();
        if (!methods.isEmpty()) {
            to.put("methods", methods.stream().map(m -> m.toUpperCase(Locale.ROOT)).toList());
        }
        if (!paths.isEmpty()) {
            to.put("paths", paths);
        }
        return Manifests.accessPolicy(service, name.isEmpty() ? name(service, action, from, to) : name, action, from, to);
    }

    private static String name(ServiceName service, String action, List<Map<String, Object>> from, Map<String, Object> to) {
        CRC32 digest = new CRC32();
        digest.update((from.stream().map(TreeMap::new).map(String::valueOf).collect(Collectors.joining("|")) + "|" + to).getBytes(StandardCharsets.UTF_8));
        String prefix = action.toLowerCase(Locale.ROOT) + "-" + service.name();
        return (prefix.length() > 54 ? prefix.substring(0, 54) : prefix)
                + "-" + String.format(Locale.ROOT, "%08x", digest.getValue());
    }
}
