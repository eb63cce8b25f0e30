package dev.meshctl.runtime.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An application that accepts connections and reads nothing; until its input ends. */
public final class DeafApp {
    private DeafApp() {}

    public static void main(String[] args) throws Exception {
        List<Socket> accepted = new CopyOnWriteArrayList<>();
        for (String port : args) {
            ServerSocket server = new ServerSocket(Integer.parseInt(port));
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        accepted.add(server.accept());
                    }
                } catch (IOException e) {
                    System.out.println("no longer accepting: " + e);
                }
            });
        }
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // until the test is over
        }
        System.exit(0);
    }
}
