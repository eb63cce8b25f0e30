package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.HeaderEdit;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Changes to the headers of a message, in order. */
public final class HeaderEdits {
    static final HeaderEdits NONE = new HeaderEdits(List.of());

    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}");
    private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]{0,4096}");
    // Framing and routing of the message itself are the proxy's.
    private static final Set<String> RESERVED = Set.of("content-length", "transfer-encoding", "connection", "host",
            "x-forwarded-client-cert", "te", "trailer", "upgrade");

    private record Edit(HeaderEdit.Action action, String name, String value) {}

    private final List<Edit> edits;

    private HeaderEdits(List<Edit> edits) {
        this.edits = edits;
    }

    static HeaderEdits compile(List<HeaderEdit> wire) throws InvalidConfig {
        List<Edit> edits = new ArrayList<>(wire.size());
        for (int i = 0; i < wire.size(); i++) {
            edits.add(compile(wire.get(i), i));
        }
        return edits.isEmpty() ? NONE : new HeaderEdits(List.copyOf(edits));
    }

    private static Edit compile(HeaderEdit wire, int index) throws InvalidConfig {
        if (!NAME.matcher(wire.getName()).matches() || RESERVED.contains(wire.getName().toLowerCase(Locale.ROOT))) {
            throw new InvalidConfig("[" + index + "].name: \"" + wire.getName() + "\" is no header that may be edited");
        }
        if (!VALUE.matcher(wire.getValue()).matches()) {
            throw new InvalidConfig("[" + index + "].value: has characters that a header may not have");
        }
        return new Edit(wire.getAction(), wire.getName().toLowerCase(Locale.ROOT), wire.getValue());
    }

    /** Applies the edits in place. */
    public void apply(HttpHeaders headers) {
        for (Edit edit : edits) {
            switch (edit.action()) {
                case SET -> headers.set(edit.name(), edit.value());
                case ADD -> headers.add(edit.name(), edit.value());
                default -> headers.remove(edit.name());
            }
        }
    }
}
