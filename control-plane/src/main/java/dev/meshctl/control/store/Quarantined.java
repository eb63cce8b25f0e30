package dev.meshctl.control.store;

import java.nio.file.Path;

/**
 * A file of the store that could not be read at the start. It stays where it is and is not in use; applying
 * the resource again, or removing the file and restarting, ends that.
 */
public record Quarantined(Path file, String reason) {}
