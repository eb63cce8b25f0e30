package dev.meshctl.proxy.flow;

/** Fired into the pipelines of accepted connections: finish what runs, start nothing new, then close. */
public enum DrainEvent {
    INSTANCE
}
