package dev.meshctl.runtime.daemon;

import java.util.logging.LogManager;

/**
 * Logs that last to the end of a daemon. The JDK's log manager closes all handlers by a shutdown hook of its own, at the
 * same time as the daemon stops, so that what it says then is lost. Here they are left open: they keep nothing back that
 * would have to be written then.
 */
public final class LastingLogs {
    private LastingLogs() {}

    /** To be called before there is any logger in this process; without effect later. */
    public static void install() {
        System.setProperty("java.util.logging.manager", Manager.class.getName());
    }

    /** Closes the handlers that there are; those that come next stay. */
    static void renew() {
        LogManager manager = LogManager.getLogManager();
        if (manager instanceof Manager lasting) {
            lasting.keeps = false;
            lasting.reset();
            lasting.keeps = true;
        } else {
            manager.reset();
        }
    }

    /** Made by the JDK. A class of its own, since the JDK makes its own manager when this one is initialised. */
    public static final class Manager extends LogManager {
        private volatile boolean keeps;

        public Manager() {}

        @Override
        public void reset() {
            if (!keeps) {
                super.reset();
            }
        }
    }
}
