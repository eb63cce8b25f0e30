package dev.meshctl.trust.kubernetes;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.bundle.LinkedBundles;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bundles of linked meshes in a ConfigMap, one entry {@code <trust domain>.json} each. An entry that cannot be
 * understood is counted and left alone, and all others are in use. A copy on disk stands in for the ConfigMap at a
 * start while the API server is away.
 */
final class LinkedBundleMap implements LinkedBundles {
    private static final Logger LOG = System.getLogger(LinkedBundleMap.class.getName());
    private static final String SUFFIX = ".json";

    private final SharedMap map;
    private final BundleStore copy;
    private final TrustDomain own;
    private final Counters counters;
    private @Nullable String version;
    private long adoptions;
    private volatile Bundles current;

    LinkedBundleMap(SharedMap map, BundleStore copy, TrustDomain own, Counters counters) {
        this.map = map;
        this.copy = copy;
        this.own = own;
        this.counters = counters;
        this.current = copy.current();
    }

    @Override
    public Bundles current() {
        return current;
    }

    /** Takes over what is in the ConfigMap now. */
    void refresh() throws IOException {
        long before = adoptions();
        SharedMap.Content content = map.read();
        synchronized (this) {
            // What was changed here since the question may be newer than the answer; it is asked again.
            if (adoptions == before) {
                adopt(content);
            }
        }
    }

    private synchronized long adoptions() {
        return adoptions;
    }

    @Override
    public boolean change(Rule rule) throws Refusal, IOException {
        return change(rule, false);
    }

    @Override
    public boolean changeForGood(Rule rule) throws Refusal, IOException {
        return change(rule, true);
    }

    private boolean change(Rule rule, boolean forGood) throws Refusal, IOException {
        boolean[] changed = {false};
        SharedMap.Content content = map.change(forGood, data -> {
            Bundles now = parse(data, false);
            Bundles next = rule.next(now);
            changed[0] = !next.equals(now);
            requireRoom(next);
            return edited(data, now, next);
        });
        adopt(content);
        return changed[0];
    }

    private static void requireRoom(Bundles next) throws Refusal {
        if (next.byTrustDomain().size() > BundleStore.MAX_BUNDLES) {
            throw new Refusal(Refusal.Kind.TOO_MANY, "too_many_bundles",
                    "there are " + BundleStore.MAX_BUNDLES + " bundles of linked meshes; remove unused links");
        }
    }

    /** Touches only the entries that differ. */
    private static Map<String, String> edited(Map<String, String> data, Bundles now, Bundles next) {
        Map<String, String> edited = new HashMap<>(data);
        now.byTrustDomain().keySet().stream()
                .filter(trustDomain -> !next.byTrustDomain().containsKey(trustDomain))
                .forEach(trustDomain -> edited.remove(trustDomain.name() + SUFFIX));
        next.byTrustDomain().forEach((trustDomain, bundle) -> {
            if (!bundle.equals(now.byTrustDomain().get(trustDomain))) {
                edited.put(trustDomain.name() + SUFFIX, new String(SpiffeJson.write(bundle), StandardCharsets.UTF_8));
            }
        });
        return edited;
    }

    private synchronized void adopt(SharedMap.Content content) {
        adoptions++;
        if (Objects.equals(content.version(), version)) {
            return;
        }
        version = content.version();
        Bundles next = parse(content.data(), true);
        current = next;
        keepCopy(next);
    }

    private void keepCopy(Bundles next) {
        try {
            copy.replace(next);
        } catch (IOException e) {
            counters.increment("linked_bundles_not_copied");
            LOG.log(Level.WARNING, "bundles of linked meshes are not kept on disk: {0}", e.getMessage());
        }
    }

    private Bundles parse(Map<String, String> data, boolean tell) {
        Map<TrustDomain, TrustBundle> parsed = new HashMap<>();
        data.forEach((key, document) -> {
            try {
                TrustDomain trustDomain = trustDomainOf(key);
                parsed.put(trustDomain, SpiffeJson.read(trustDomain, document.getBytes(StandardCharsets.UTF_8)));
            } catch (IllegalArgumentException e) {
                if (tell) {
                    counters.increment("linked_bundle_unusable");
                    LOG.log(Level.WARNING, "entry {0} of {1} is not used: {2}", key, map, e.getMessage());
                }
            }
        });
        return new Bundles(parsed);
    }

    private TrustDomain trustDomainOf(String key) {
        if (!key.endsWith(SUFFIX)) {
            throw new IllegalArgumentException("its name is not a trust domain with " + SUFFIX);
        }
        TrustDomain trustDomain = new TrustDomain(key.substring(0, key.length() - SUFFIX.length()));
        if (trustDomain.equals(own)) {
            throw new IllegalArgumentException("it is this mesh's own trust domain");
        }
        return trustDomain;
    }
}
