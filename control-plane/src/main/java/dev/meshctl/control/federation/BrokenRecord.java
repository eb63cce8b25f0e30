package dev.meshctl.control.federation;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A record is there and cannot be understood; reading it again gives nothing else. */
public final class BrokenRecord extends IOException {
    private static final long serialVersionUID = 1;

    /** @param message names the record, what is wrong with it and what to do */
    public BrokenRecord(String message, @Nullable Exception cause) {
        super(message, cause);
    }
}
