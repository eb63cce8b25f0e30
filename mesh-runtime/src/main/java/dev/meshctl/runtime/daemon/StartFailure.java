package dev.meshctl.runtime.daemon;

import java.net.BindException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why a daemon cannot start, in one line for its operator. */
final class StartFailure {
    private static final int MAX_DEPTH = 16;

    private StartFailure() {}

    static String explain(Throwable failure) {
        Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
            String known = known(failure, at);
            if (known != null) {
                return oneLine(known);
            }
        }
        return oneLine(message(failure));
    }

    private static @Nullable String known(Throwable failure, Throwable at) {
        String message = message(at).toLowerCase(Locale.ROOT);
        if (at instanceof BindException || message.contains("address already in use")) {
            return message(failure) + ": the address is in use or not of this machine; "
                    + "stop the other process or choose another address";
        }
        if (at instanceof FileSystemException && message.contains("no space left")) {
            return message(at) + ": the disk is full; make room and start again";
        }
        return null;
    }

    private static String message(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
