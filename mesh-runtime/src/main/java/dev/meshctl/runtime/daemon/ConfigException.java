package dev.meshctl.runtime.daemon;

/** A configuration file is missing or wrong. The message names the file, the field and what was expected. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
