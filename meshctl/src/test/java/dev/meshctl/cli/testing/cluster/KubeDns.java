package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Answers for {@code SERVICE.NAMESPACE.svc.cluster.local}, and that no other name exists. */
final class KubeDns implements AutoCloseable {
    private static final int PORT = 53;
    private static final int TYPE_A = 1;
    private static final int NAME_ERROR = 3;

    private final Store store;
    private final DatagramSocket socket;

    KubeDns(String address, Store store) throws IOException {
        this.store = store;
        socket = new DatagramSocket(new InetSocketAddress(address, PORT));
        Thread.ofPlatform().daemon().name("kube-dns").start(this::serve);
    }

    private void serve() {
        DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
        while (!socket.isClosed()) {
            try {
                packet.setLength(1500);
                socket.receive(packet);
                byte[] answer = answer(ByteBuffer.wrap(packet.getData(), 0, packet.getLength()));
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException | RuntimeException e) {
                if (!socket.isClosed()) {
                    System.err.println("kube-dns: " + e);
                }
            }
        }
    }

    private byte[] answer(ByteBuffer query) throws IOException {
        short id = query.getShort(0);
        query.position(12);
        StringBuilder name = new StringBuilder();
        for (int length = query.get(); length > 0; length = query.get()) {
            byte[] label = new byte[length];
            query.get(label);
            name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
        }
        int type = query.getShort();
        int end = query.position() + 2;
        Optional<String> address = address(name.toString().toLowerCase(Locale.ROOT));
        boolean answered = address.isPresent() && type == TYPE_A;
        ByteBuffer answer = ByteBuffer.allocate(end + 16);
        answer.putShort(id).putShort((short) (0x8580 | (address.isPresent() ? 0 : NAME_ERROR))).putShort((short) 1)
                .putShort((short) (answered ? 1 : 0)).putInt(0).put(query.array(), 12, end - 12);
        if (answered) {
            answer.putShort((short) 0xC00C).putShort((short) TYPE_A).putShort((short) 1).putInt(5).putShort((short) 4)
                    .put(InetAddress.ofLiteral(address.get()).getAddress());
        }
        byte[] bytes = new byte[answer.position()];
        answer.get(0, bytes);
        return bytes;
    }

    private Optional<String> address(String name) {
        String[] parts = name.split("\\.", 3);
        if (parts.length < 3 || !parts[2].equals("svc.cluster.local")) {
            return Optional.empty();
        }
        return store.find("services", parts[1], parts[0]).map((ObjectNode s) -> s.path("spec").path("clusterIP").asString(""))
                .filter(ip -> !ip.isEmpty() && !ip.equals("None"));
    }

    @Override
    public void close() {
        socket.close();
    }
}
