package dev.meshctl.sample;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection that answers one request at a time. For a virtual thread: it blocks. */
final class HttpConnection implements AutoCloseable {
    private static final int MAX_LINE = 16 * 1024;
    private static final int MAX_HEADERS = 128;
    private static final int MAX_BODY = 1024 * 1024;

    private final Socket socket;
    private final InputStream in;
    private boolean reusable = true;
    private boolean answering;

    HttpConnection(InetSocketAddress address, Duration timeout) throws IOException {
        socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) timeout.toMillis());
            socket.connect(address, (int) timeout.toMillis());
            in = new BufferedInputStream(socket.getInputStream(), 8192);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** True while another request may follow on this connection. */
    boolean reusable() {
        return reusable;
    }

    /** True if the last request got at least one byte of an answer. */
    boolean answering() {
        return answering;
    }

    HttpAnswer get(URI url, boolean absoluteForm, @Nullable String traceparent) throws IOException {
        answering = false;
        reusable = false;
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        String target = url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
        String request = "GET " + (absoluteForm ? "http://" + url.getRawAuthority() + target : target)
                + " HTTP/1.1\r\nHost: " + url.getRawAuthority() + "\r\nUser-Agent: meshctl-sample\r\n"
                + (traceparent == null ? "" : "traceparent: " + traceparent + "\r\n") + "Accept: */*\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return read();
    }

    private HttpAnswer read() throws IOException {
        String statusLine = line();
        if (!statusLine.startsWith("HTTP/1.") || statusLine.length() < 12) {
            throw new IOException("no HTTP/1 answer: " + statusLine.substring(0, Math.min(40, statusLine.length())));
        }
        int status;
        try {
            status = Integer.parseInt(statusLine.substring(9, 12));
        } catch (NumberFormatException e) {
            throw new IOException("no HTTP status in: " + statusLine, e);
        }
        Map<String, String> headers = headers();
        if (status >= 100 && status < 200) {
            return read();
        }
        String body = new String(body(status, headers), StandardCharsets.UTF_8);
        reusable = !"close".equalsIgnoreCase(headers.get("connection")) && !statusLine.startsWith("HTTP/1.0")
                && (status == 204 || status == 304 || headers.containsKey("content-length") || chunked(headers));
        return new HttpAnswer(status, headers, body);
    }

    private Map<String, String> headers() throws IOException {
        Map<String, String> headers = new HashMap<>();
        for (int count = 0; count <= MAX_HEADERS; count++) {
            String line = line();
            if (line.isEmpty()) {
                return headers;
            }
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
            }
        }
        throw new IOException("more than " + MAX_HEADERS + " headers");
    }

    private byte[] body(int status, Map<String, String> headers) throws IOException {
        if (status == 204 || status == 304) {
            return new byte[0];
        }
        if (chunked(headers)) {
            return chunks();
        }
        String length = headers.get("content-length");
        if (length == null) {
            return bounded(in.readNBytes(MAX_BODY + 1));
        }
        return exactly(parseLength(length, 10));
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (true) {
            String size = line();
            int semicolon = size.indexOf(';');
            int length = parseLength(semicolon < 0 ? size : size.substring(0, semicolon), 16);
            if (length == 0) {
                headers();
                return all.toByteArray();
            }
            all.write(exactly(length));
            if (all.size() > MAX_BODY) {
                throw new IOException("body over " + MAX_BODY + " bytes");
            }
            line();
        }
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("closed after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    private static int parseLength(String text, int radix) throws IOException {
        try {
            int length = Integer.parseInt(text.strip(), radix);
            if (length < 0 || length > MAX_BODY) {
                throw new IOException("body over " + MAX_BODY + " bytes");
            }
            return length;
        } catch (NumberFormatException e) {
            throw new IOException("\"" + text + "\" is no length", e);
        }
    }

    private static byte[] bounded(byte[] bytes) throws IOException {
        if (bytes.length > MAX_BODY) {
            throw new IOException("body over " + MAX_BODY + " bytes");
        }
        return bytes;
    }

    private static boolean chunked(Map<String, String> headers) {
        return "chunked".equalsIgnoreCase(headers.get("transfer-encoding"));
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(64);
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("closed before the end of the answer");
            }
            answering = true;
            if (b == '\n') {
                String text = line.toString(StandardCharsets.ISO_8859_1);
                return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
            }
            if (line.size() >= MAX_LINE) {
                throw new IOException("line over " + MAX_LINE + " bytes");
            }
            line.write(b);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // The connection is given up anyway, and no answer depends on how it ends.
            reusable = false;
        }
    }
}
