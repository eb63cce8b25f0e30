package dev.meshctl.proxy.flow;

import java.util.List;

/** The answer to a look-up of a host. */
public sealed interface Discovered {
    /** The host exists and its configuration compiled. */
    record Found(LiveService service) implements Discovered {}

    /**
     * The control plane says that there is no such host.
     *
     * @param nearest services with similar names, best first; may be empty
     */
    record NoSuchService(List<String> nearest) implements Discovered {
        public NoSuchService {
            nearest = List.copyOf(nearest);
        }
    }

    /**
     * Nothing is known, and nothing was heard in time.
     *
     * @param cause one clause for operators
     */
    record Unavailable(String cause) implements Discovered {}
}
