package dev.meshctl.proxy.sidecar;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import tools.jackson.databind.JsonNode;

/**
 * A GET that is answered with a status from 200 to 399. Over TLS the certificate is not looked at, as the kubelet does not
 * either: it is the application of this very pod.
 *
 * @param headers whole lines
 */
record HttpProbe(boolean tls, String path, List<String> headers, int port, Duration timeout) implements AppProbe {
    private static final int MAX_STATUS_LINE = 256;

    static HttpProbe read(JsonNode handler, int port, Duration timeout) {
        String path = handler.path("path").asString("");
        List<String> headers = new ArrayList<>();
        for (JsonNode header : handler.path("httpHeaders")) {
            headers.add(line(header.path("name").asString("") + ": " + header.path("value").asString("")));
        }
        return new HttpProbe(handler.path("scheme").asString("HTTP").equals("HTTPS"),
                line(path.startsWith("/") ? path : "/" + path), headers, port, timeout);
    }

    private static String line(String text) {
        if (text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            throw new IllegalArgumentException("httpGet: a path or header has control characters");
        }
        return text;
    }

    @Override
    public String failure(InetSocketAddress application) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (Socket socket = new Socket()) {
            socket.connect(application, remainingMs(deadline));
            return status(tls ? secured(socket, application, deadline) : socket, deadline);
        } catch (IOException | GeneralSecurityException e) {
            return "GET " + path + " at " + application + ": " + e.getMessage();
        }
    }

    private static Socket secured(Socket plain, InetSocketAddress application, long deadline)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        plain.setSoTimeout(remainingMs(deadline));
        SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(
                plain, application.getHostString(), application.getPort(), true);
        secured.startHandshake();
        return secured;
    }

    private String status(Socket socket, long deadline) throws IOException {
        socket.getOutputStream().write(request(socket).getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        String line = statusLine(socket, deadline);
        if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
            return "GET " + path + ": the answer is not HTTP/1";
        }
        int status = Integer.parseInt(line.substring(9, 12));
        return status >= 200 && status < 400 ? "" : "GET " + path + " was answered with " + status;
    }

    private String request(Socket socket) {
        StringBuilder request = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\n");
        headers.forEach(header -> request.append(header).append("\r\n"));
        if (!has("host")) {
            String address = socket.getInetAddress().getHostAddress();
            request.append("Host: ").append(address.indexOf(':') < 0 ? address : "[" + address + "]")
                    .append(':').append(port).append("\r\n");
        }
        if (!has("user-agent")) {
            request.append("User-Agent: kube-probe/meshctl\r\n");
        }
        return request.append("Accept: */*\r\nConnection: close\r\n\r\n").toString();
    }

    private boolean has(String name) {
        return headers.stream().anyMatch(header -> header.regionMatches(true, 0, name + ":", 0, name.length() + 1));
    }

    private static String statusLine(Socket socket, long deadline) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        while (line.length() < MAX_STATUS_LINE) {
            socket.setSoTimeout(remainingMs(deadline));
            int next = in.read();
            if (next < 0 || next == '\n') {
                break;
            }
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }

    private static int remainingMs(long deadline) throws SocketTimeoutException {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
            throw new SocketTimeoutException("no answer in time");
        }
        return Math.toIntExact(left);
    }

    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
