package dev.meshctl.cli.install.kubernetes.diff;

import dev.meshctl.cli.install.kubernetes.render.InstallStep;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.kubernetes.failure.ApiFailure;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What becomes of one object.
 *
 * @param diff lines as of a unified diff, without a head; for a new object all of it
 * @param foreign it is there, and not from an installation of this mesh
 * @param refused why the API server would not take it: a field of another manager, an immutable field, a webhook
 */
public record Change(
        InstallStep step, Key key, Action action, List<String> diff, boolean foreign, Optional<ApiFailure> refused) {
    /** What happens. */
    public enum Action {
        NONE("="),
        CREATE("+"),
        CHANGE("~"),
        DELETE("-");

        private final String sign;

        Action(String sign) {
            this.sign = sign;
        }

        /** Before the name of the object. */
        public String sign() {
            return sign;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Change {
        diff = List.copyOf(diff);
    }
}
