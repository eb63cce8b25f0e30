package dev.meshctl.sample;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.Map;

/**
 * One answer of an HTTP/1.1 server.
 *
 * @param status 100 to 599
 * @param headers by lower-case name; the last of equal names
 * @param body at most 1 MiB, as UTF-8
 */
public record HttpAnswer(int status, Map<String, String> headers, String body) {
    public HttpAnswer {
        headers = Map.copyOf(headers);
    }

    /** The value of a header, or an empty text. */
    public String header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /** A short stable name for why there was no answer. */
    public static String causeOf(IOException failure) {
        return switch (failure) {
            case SocketTimeoutException e -> "timeout";
            case ConnectException e -> "connect_refused";
            case SocketException e -> "connection_reset";
            case java.io.EOFException e -> "connection_closed";
            default -> "io_error";
        };
    }
}
