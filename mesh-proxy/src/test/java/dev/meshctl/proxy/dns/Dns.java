package dev.meshctl.proxy.dns;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A DNS client: makes queries, asks, reads answers. */
public final class Dns {
    private Dns() {}

    /** What an answer says. */
    public record Answer(int id, int code, boolean truncated, List<String> addresses, byte[] bytes) {}

    /** A query with recursion desired and no extensions. */
    public static byte[] query(int id, String name, int type) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) (id >> 8), (byte) id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        for (String label : name.split("\\.", -1)) {
            out.write(label.length());
            out.writeBytes(label.getBytes(StandardCharsets.ISO_8859_1));
        }
        out.writeBytes(new byte[] {0, (byte) (type >> 8), (byte) type, 0, 1});
        return out.toByteArray();
    }

    /** The same with an OPT record (RFC 6891). */
    static byte[] queryWithOpt(int id, String name, int type) {
        byte[] plain = query(id, name, type);
        byte[] message = Arrays.copyOf(plain, plain.length + 11);
        message[11] = 1;
        message[plain.length + 2] = Query.OPT;
        message[plain.length + 3] = 0x10;
        return message;
    }

    /** Asks by UDP; waits half a minute. */
    public static Answer udp(InetSocketAddress server, byte[] query) throws IOException {
        return udp(0, server, query);
    }

    /** @param from the local port; 0: any */
    private static Answer udp(int from, InetSocketAddress server, byte[] query) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(from)) {
            socket.setSoTimeout(30_000);
            socket.connect(server);
            socket.send(new DatagramPacket(query, query.length));
            DatagramPacket answer = new DatagramPacket(new byte[65_535], 65_535);
            socket.receive(answer);
            return read(Arrays.copyOf(answer.getData(), answer.getLength()));
        }
    }

    /** Asks several times on one connection. */
    static List<Answer> tcp(InetSocketAddress server, byte[]... queries) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(server, 30_000);
            socket.setSoTimeout(30_000);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            List<Answer> answers = new ArrayList<>();
            for (byte[] query : queries) {
                out.writeShort(query.length);
                out.write(query);
            }
            for (int i = 0; i < queries.length; i++) {
                answers.add(read(in.readNBytes(in.readUnsignedShort())));
            }
            return answers;
        }
    }

    static Answer read(byte[] message) throws IOException {
        List<String> addresses = new ArrayList<>();
        int at = 12;
        for (int i = Query.number(message, 4); i > 0; i--) {
            while (message[at] != 0) {
                at += 1 + message[at];
            }
            at += 5;
        }
        for (int i = Query.number(message, 6); i > 0; i--) {
            int length = Query.number(message, at + 10);
            addresses.add(InetAddress.getByAddress(Arrays.copyOfRange(message, at + 12, at + 12 + length)).getHostAddress());
            at += 12 + length;
        }
        return new Answer(Query.number(message, 0), message[3] & 15, (message[2] & 2) != 0, addresses, message);
    }

    /** Asks a server, given by address, for the A record of a name, and writes what it says. */
    public static void main(String[] args) throws Exception {
        int from = args.length > 2 ? Integer.parseInt(args[2]) : 0;
        Answer answer = udp(from, new InetSocketAddress(args[0], 53), query(7, args[1], Query.A));
        System.out.println("code=" + answer.code() + " addresses=" + answer.addresses());
    }
}
