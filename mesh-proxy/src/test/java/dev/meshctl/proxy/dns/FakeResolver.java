package dev.meshctl.proxy.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/** A resolver that a test tells what to answer; by default 192.0.2.1 to everything. */
public final class FakeResolver implements AutoCloseable {
    private final DatagramSocket udp;
    private final ServerSocket tcp;
    final Queue<byte[]> queries = new ConcurrentLinkedQueue<>();
    final Queue<Integer> clientPorts = new ConcurrentLinkedQueue<>();
    /** Null: no answer. */
    volatile UnaryOperator<byte[]> overUdp = FakeResolver::found;
    volatile UnaryOperator<byte[]> overTcp = FakeResolver::found;

    FakeResolver(InetSocketAddress bind) throws IOException {
        tcp = new ServerSocket(bind.getPort(), 50, bind.getAddress());
        try {
            udp = new DatagramSocket(new InetSocketAddress(bind.getAddress(), tcp.getLocalPort()));
        } catch (IOException e) {
            tcp.close();
            throw e;
        }
        Thread.ofVirtual().start(this::serveUdp);
        Thread.ofVirtual().start(this::serveTcp);
    }

    static FakeResolver onLoopback() throws IOException {
        return withAnyPort(() -> new FakeResolver(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    }

    /** Opens something that needs one port for both protocols; the one that is free for the first may not be for the other. */
    static <T> T withAnyPort(Opening<T> opening) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return opening.open();
            } catch (IOException inUse) {
                if (attempt == 50) {
                    throw inUse;
                }
            }
        }
    }

    interface Opening<T> {
        T open() throws IOException;
    }

    static Query read(byte[] query) {
        return ((Query.Read.Of) Query.read(query)).query();
    }

    static byte[] found(byte[] query) {
        return Answers.addresses(read(query), List.of(InetAddress.ofLiteral("192.0.2.1")));
    }

    static byte[] unknown(byte[] query) {
        return Answers.empty(read(query), Answers.NAME_ERROR);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) udp.getLocalSocketAddress();
    }

    private void serveUdp() {
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
                udp.receive(packet);
                byte[] query = Arrays.copyOf(packet.getData(), packet.getLength());
                queries.add(query);
                clientPorts.add(packet.getPort());
                Optional<byte[]> answer = Optional.ofNullable(overUdp.apply(query));
                if (answer.isPresent()) {
                    udp.send(new DatagramPacket(answer.get(), answer.get().length, packet.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            udp.close();
        }
    }

    private void serveTcp() {
        try {
            while (true) {
                try (Socket client = tcp.accept()) {
                    DataInputStream in = new DataInputStream(client.getInputStream());
                    byte[] query = in.readNBytes(in.readUnsignedShort());
                    queries.add(query);
                    byte[] answer = overTcp.apply(query);
                    DataOutputStream out = new DataOutputStream(client.getOutputStream());
                    out.writeShort(answer.length);
                    out.write(answer);
                }
            }
        } catch (IOException closed) {
            udp.close();
        }
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
    }

    /** Serves at port 53 of an address until the input ends. */
    public static void main(String[] args) throws Exception {
        try (FakeResolver resolver = new FakeResolver(new InetSocketAddress(args[0], 53))) {
            System.out.println("READY");
            while (System.in.read() >= 0) {
                // until the test is over
            }
        }
    }
}
