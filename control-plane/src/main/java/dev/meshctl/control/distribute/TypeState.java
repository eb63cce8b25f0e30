package dev.meshctl.control.distribute;

import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.control.snapshot.ConfigKey;
import dev.meshctl.control.snapshot.ConfigType;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The subscriptions of one stream to one type. {@code dirty} is the outbox: names, not messages, so that a
 * proxy that reads slowly skips to the newest version and the outbox is never larger than the subscription.
 * Guarded by the lock of the stream.
 */
final class TypeState {
    /** Responses whose answer is awaited; of more, the oldest is forgotten and counted. */
    static final int MAX_OUTSTANDING = 64;

    private static final int MAX_REASON = 1024;

    final ConfigType type;
    final Map<String, NameState> names = new HashMap<>();
    final Set<String> dirty = new LinkedHashSet<>();
    private final Map<String, Map<String, String>> outstanding = new LinkedHashMap<>();
    boolean wildcard;
    boolean seen;
    long bytesSent;
    private String lastNack = "";

    TypeState(ConfigType type) {
        this.type = type;
    }

    NameState state(String name) {
        return names.computeIfAbsent(name, n -> new NameState());
    }

    boolean isExplicit(String name) {
        NameState known = names.get(name);
        return known != null && known.explicit;
    }

    ConfigKey key(String name) {
        return new ConfigKey(type, name);
    }

    /** Remembers what a response said. Returns false if an older response had to be forgotten for it. */
    boolean awaitAnswer(String nonce, Map<String, String> versions) {
        outstanding.put(nonce, versions);
        if (outstanding.size() <= MAX_OUTSTANDING) {
            return true;
        }
        Iterator<String> oldest = outstanding.keySet().iterator();
        oldest.next();
        oldest.remove();
        return false;
    }

    /** Takes the proxy's answer to a response. Returns the number of versions it refused. */
    int answered(DeltaDiscoveryRequest request) {
        Map<String, String> versions = outstanding.remove(request.getResponseNonce());
        if (versions == null) {
            return 0;
        }
        boolean refused = request.hasErrorDetail();
        if (refused) {
            String reason = request.getErrorDetail().getMessage();
            lastNack = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason;
        }
        versions.forEach((name, version) -> mark(name, version, refused));
        return refused ? versions.size() : 0;
    }

    private void mark(String name, String version, boolean refused) {
        NameState state = names.get(name);
        if (state == null) {
            return;
        }
        if (refused) {
            state.nacked = version;
        } else {
            state.acked = version;
            forgetIfGone(name, state);
        }
    }

    /** A wildcard subscription need not remember what is gone and known to be gone. */
    private void forgetIfGone(String name, NameState state) {
        if (!state.explicit && NameState.ABSENT.equals(state.sent) && state.isAcked()) {
            names.remove(name);
        }
    }

    void unsubscribe(List<String> unwanted) {
        for (String name : unwanted) {
            if (name.equals(ConfigSubscribers.WILDCARD)) {
                wildcard = false;
                names.values().removeIf(s -> !s.explicit);
                dirty.retainAll(names.keySet());
            } else if (wildcard && names.containsKey(name)) {
                state(name).explicit = false;
            } else {
                names.remove(name);
                dirty.remove(name);
            }
        }
    }

    TypeSync sync() {
        int acked = 0;
        int nacked = 0;
        for (NameState state : names.values()) {
            if (state.isNacked()) {
                nacked++;
            } else if (state.isAcked()) {
                acked++;
            }
        }
        return TypeSync.newBuilder()
                .setType(type.label())
                .setSubscribed(names.size())
                .setAcked(acked)
                .setNacked(nacked)
                .setPending(names.size() - acked - nacked)
                .setLastNack(lastNack)
                .setBytesSent(bytesSent)
                .build();
    }
}
