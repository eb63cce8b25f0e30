package dev.meshctl.image;

import java.io.Serial;

/** The image cannot be built; the message says what is wrong and what to do. */
final class ImageException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    ImageException(String message) {
        super(message);
    }

    ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
