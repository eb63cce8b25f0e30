package dev.meshctl.proxy.host;

import dev.meshctl.proxy.outbound.ProbeCall;

/** In whose name a proxy makes live calls. */
public interface Prober {
    /**
     * What makes the calls, to be given back.
     *
     * @throws ProbeRefused if it may not call that, or cannot call now
     */
    ProbeCall open(String url) throws ProbeRefused, InterruptedException;

    /** The calls are made. */
    void done(ProbeCall calls);

    /** Why no call is made. */
    final class ProbeRefused extends Exception {
        private static final long serialVersionUID = 1L;

        public ProbeRefused(String why) {
            super(why);
        }

        ProbeRefused(String why, Throwable cause) {
            super(why, cause);
        }
    }
}
