package dev.meshctl.cli.proxy;

import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.TypeSync;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Whether a proxy has what its control plane wants it to have: what the proxy says of itself, and what the control
 * plane has heard confirmed, must agree.
 */
public record ProxySync(State state, String why) {
    /** How they stand. */
    public enum State {
        IN_SYNC("in sync"),
        /** Something newer is on its way. */
        BEHIND("behind"),
        /** The proxy cannot use something, and goes on with what it had. */
        REFUSED("refused"),
        /** It hears nothing, and goes on with what it has. */
        AWAY("away"),
        /** One side does not say. */
        UNKNOWN("unknown");

        private final String words;

        State(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * Compares.
     *
     * @param dump what the proxy says
     * @param view what the control plane says of it; empty: nothing
     * @param noView why the control plane says nothing
     */
    static ProxySync of(JsonNode dump, Optional<ProxyView> view, String noView) {
        JsonNode stream = dump.path("controlPlane");
        if (!stream.path("connected").asBoolean(false)) {
            String error = stream.path("error").asString("");
            return new ProxySync(State.AWAY, "it is not connected to a control plane and uses what it has"
                    + (error.isEmpty() ? "" : ": " + error));
        }
        if (view.isEmpty() || !view.get().getConnected()) {
            return new ProxySync(State.UNKNOWN, noView.isEmpty() ? "no control plane knows it as connected" : noView);
        }
        List<TypeSync> types = view.get().getTypesList();
        Optional<TypeSync> refused = types.stream().filter(type -> type.getNacked() > 0).findFirst();
        if (refused.isPresent()) {
            return new ProxySync(State.REFUSED, refused.get().getNacked() + " " + refused.get().getType() + ": "
                    + refused.get().getLastNack());
        }
        Optional<TypeSync> pending = types.stream().filter(type -> type.getPending() > 0).findFirst();
        if (pending.isPresent()) {
            return new ProxySync(State.BEHIND, pending.get().getPending() + " " + pending.get().getType() + " not confirmed yet");
        }
        return new ProxySync(State.IN_SYNC, types.stream().mapToInt(TypeSync::getAcked).sum() + " resources confirmed");
    }

    Map<String, Object> toData() {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("state", state.toString());
        data.put("why", why);
        return data;
    }
}
