package dev.meshctl.proxy.flow;

/** Which side of a call a proxy saw. */
public enum Direction {
    OUTBOUND,
    INBOUND
}
