package dev.meshctl.cli.bugreport;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a report lacks, and why. */
public record Gap(String cluster, String what, String why) {
    Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", cluster);
        data.put("what", what);
        data.put("why", why);
        return data;
    }
}
