package dev.meshctl.proxy.redirect;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** An application that says its name, the caller's address and who the mesh says the caller is; until its input ends. */
final class AnsweringApp {
    private AnsweringApp() {}

    public static void main(String[] args) throws Exception {
        for (int i = 1; i < args.length; i++) {
            HttpServer server = HttpServer.create(new InetSocketAddress("::", Integer.parseInt(args[i])), 100);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", exchange -> {
                String caller = exchange.getRequestHeaders().getFirst("x-forwarded-client-cert");
                String text = args[0] + ":" + server.getAddress().getPort() + " from "
                        + exchange.getRemoteAddress().getAddress().getHostAddress() + " as " + caller + "\n";
                byte[] body = text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
        }
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // until the test is over
        }
        System.exit(0);
    }
}
