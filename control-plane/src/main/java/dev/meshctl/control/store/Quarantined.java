package dev.meshctl.control.store;

/**
 * A resource that could not be read. What it said before, if anything, stays in use; writing it again ends that.
 *
 * @param source the file, which stays where it is, or the object of the API server
 */
public record Quarantined(String source, String reason) {}
