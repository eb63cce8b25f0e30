package dev.meshctl.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** A client's connection through a gateway to port 80 of {@code payments.shop} in cluster {@code east}. */
final class RelayCall {
    private static final String NAME = "80.payments.shop.east.mesh";
    private static final int MESSAGE_BYTES = 256;
    private static final int CHUNK_BYTES = 1 << 20;

    private final Socket socket;
    private final boolean echo;
    private final byte[] message;

    private RelayCall(Socket socket, boolean echo) {
        this.socket = socket;
        this.echo = echo;
        this.message = new byte[echo ? MESSAGE_BYTES : CHUNK_BYTES];
    }

    /** Returns when the workload has answered. @param echo whether it sends back what it gets */
    static RelayCall open(InetSocketAddress gateway, boolean echo) throws IOException {
        Socket socket = new Socket(gateway.getAddress(), gateway.getPort());
        socket.setTcpNoDelay(true);
        socket.getOutputStream().write(hello());
        socket.getOutputStream().write(echo ? RelayWorkload.ECHO : RelayWorkload.SINK);
        if (socket.getInputStream().read() != RelayWorkload.READY) {
            throw new IOException("the workload did not answer through " + gateway);
        }
        return new RelayCall(socket, echo);
    }

    /** A ClientHello as the JDK writes it, one record; then no TLS follows, which a relay does not see. */
    private static byte[] hello() throws IOException {
        try {
            SSLEngine engine = SSLContext.getDefault().createSSLEngine();
            engine.setUseClientMode(true);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(NAME)));
            engine.setSSLParameters(parameters);
            ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            engine.wrap(ByteBuffer.allocate(0), record);
            return Arrays.copyOf(record.array(), record.position());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    /** Sends a message, and takes it back if it is an echo, again and again; returns how often. */
    long repeatUntil(long nanoTime) {
        long done = 0;
        try {
            while (System.nanoTime() - nanoTime < 0) {
                socket.getOutputStream().write(message);
                if (echo && socket.getInputStream().readNBytes(message, 0, message.length) < message.length) {
                    throw new IOException("the relay has ended");
                }
                done++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return done;
    }
}
