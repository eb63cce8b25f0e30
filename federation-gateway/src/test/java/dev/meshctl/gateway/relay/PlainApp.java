package dev.meshctl.gateway.relay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Both ends of a relayed connection, as processes until their input ends. The server tells each caller where it sees it come
 * from, and reads. The client says what it is told, and when its connections end.
 */
final class PlainApp {
    private PlainApp() {}

    /** Arguments: {@code serve}, port; or {@code call}, gateway, server name, and what each connection does: wait or send. */
    public static void main(String[] args) throws Exception {
        if (args[0].equals("serve")) {
            ServerSocket server = new ServerSocket(Integer.parseInt(args[1]));
            Thread.ofVirtual().start(() -> serve(server));
        } else {
            for (int i = 3; i < args.length; i++) {
                call(new Socket(args[1], PlainGateway.PORT), args[2], args[i]);
            }
        }
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // until the test is over
        }
        System.exit(0);
    }

    private static void serve(ServerSocket server) {
        try {
            while (true) {
                Socket caller = server.accept();
                Thread.ofVirtual().start(() -> answer(caller));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answer(Socket caller) {
        String from = caller.getInetAddress().getHostAddress();
        try (caller) {
            caller.getOutputStream().write((from + "\n").getBytes(StandardCharsets.US_ASCII));
            caller.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException broken) {
            System.out.println(from + " broke: " + broken);
        }
        System.out.println(from + " ended");
    }

    private static void call(Socket socket, String serverName, String what) throws IOException {
        socket.getOutputStream().write(Hellos.hello(serverName));
        InputStream in = socket.getInputStream();
        StringBuilder from = new StringBuilder();
        for (int next = in.read(); next != '\n' && next >= 0; next = in.read()) {
            from.append((char) next);
        }
        System.out.println(what + " through " + from);
        if (what.equals("send")) {
            Thread.ofPlatform().daemon().start(() -> send(socket));
        }
        Thread.ofVirtual().start(() -> {
            try {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException broken) {
                System.out.println(what + " broke: " + broken);
            }
            System.out.println(what + " ended");
        });
    }

    private static void send(Socket socket) {
        try {
            while (true) {
                socket.getOutputStream().write(new byte[1 << 16]);
            }
        } catch (IOException ended) {
            System.out.println("sending broke: " + ended);
        }
    }
}
