package dev.meshctl.cli;

/** Configures java.util.logging with no handler at all, by being named as its configuration class. */
public final class NoLogging {
    /** Called by the log manager; to set nothing is all there is to do. */
    public NoLogging() {}
}
