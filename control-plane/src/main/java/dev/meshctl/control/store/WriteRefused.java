package dev.meshctl.control.store;

import java.io.IOException;

/** A write that was understood and refused, by a permission, a schema or an admission rule: again, it will be refused again. */
public final class WriteRefused extends IOException {
    public WriteRefused(String message, Throwable cause) {
        super(message, cause);
    }
}
