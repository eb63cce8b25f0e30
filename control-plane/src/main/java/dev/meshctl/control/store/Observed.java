package dev.meshctl.control.store;

import java.util.Map;

/**
 * The status of an object of the API server, as it is there.
 *
 * @param generation of the object now; conditions name the one that they are about
 * @param status as nested maps and lists; empty if the object has none yet
 */
public record Observed(long generation, Map<?, ?> status) {}
