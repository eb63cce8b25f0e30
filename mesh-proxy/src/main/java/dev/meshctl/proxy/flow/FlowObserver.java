package dev.meshctl.proxy.flow;

/** Hears of every finished request and opaque connection. Called on event loops: must not block. */
@FunctionalInterface
public interface FlowObserver {
    FlowObserver NONE = record -> {};

    void finished(FlowRecord record);
}
