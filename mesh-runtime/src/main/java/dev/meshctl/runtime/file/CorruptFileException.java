package dev.meshctl.runtime.file;

import java.io.IOException;
import java.nio.file.Path;

/** A state file is there but cannot be read back. The message names the file and the next step. */
public final class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;

    public CorruptFileException(Path file, String why, String nextStep) {
        super(file + " is corrupt: " + why + "; " + nextStep);
        this.file = file.toString();
    }

    public CorruptFileException(Path file, String why, String nextStep, Throwable cause) {
        this(file, why, nextStep);
        initCause(cause);
    }

    /** The file that is corrupt. */
    public String file() {
        return file;
    }
}
