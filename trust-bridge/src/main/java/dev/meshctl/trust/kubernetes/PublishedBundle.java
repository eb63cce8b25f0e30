package dev.meshctl.trust.kubernetes;

import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.trust.Refusal;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The mesh's bundle in a ConfigMap, for those who have no identity yet. */
final class PublishedBundle {
    static final String KEY = "bundle.json";

    private static final Logger LOG = System.getLogger(PublishedBundle.class.getName());

    private final SharedMap map;

    PublishedBundle(SharedMap map) {
        this.map = map;
    }

    /** Whether a bundle has ever been published: then the mesh has had a CA. */
    boolean exists() throws IOException {
        return !map.read().data().getOrDefault(KEY, "").isBlank();
    }

    /** Makes it this bundle; true if it was not. */
    boolean publish(TrustBundle bundle) throws IOException {
        String document = new String(SpiffeJson.write(bundle), StandardCharsets.UTF_8);
        boolean[] changed = {false};
        try {
            map.change(now -> {
                changed[0] = !document.equals(now.get(KEY));
                Map<String, String> next = new HashMap<>(now);
                next.put(KEY, document);
                return next;
            });
        } catch (Refusal e) {
            throw new IllegalStateException("this edit refuses nothing", e);
        }
        if (changed[0]) {
            LOG.log(Level.INFO, "bundle of {0} published in {1}", bundle.trustDomain(), map);
        }
        return changed[0];
    }
}
