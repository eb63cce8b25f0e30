package dev.meshctl.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

class ClientHelloTest {
    private static byte[] hello(String sni) throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(sni.isEmpty() ? List.of() : List.of(new SNIHostName(sni)));
        engine.setSSLParameters(parameters);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.beginHandshake();
        engine.wrap(ByteBuffer.allocate(0), out);
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    @Test
    void the_server_name_is_read_and_nothing_is_consumed() throws Exception {
        ByteBuf in = Unpooled.wrappedBuffer(hello("80.payments.shop.east.mesh"));
        int readable = in.readableBytes();

        assertThat(ClientHello.peek(in)).isEqualTo(new ClientHello.Peek.Hello("80.payments.shop.east.mesh"));
        assertThat(in.readableBytes()).isEqualTo(readable);
        assertThat(ClientHello.peek(Unpooled.wrappedBuffer(hello("")))).isEqualTo(new ClientHello.Peek.Hello(""));
    }

    @Test
    void a_part_of_a_hello_is_incomplete_whatever_its_length() throws Exception {
        byte[] whole = hello("a.b.c");
        for (int length = 0; length < whole.length; length++) {
            assertThat(ClientHello.peek(Unpooled.wrappedBuffer(whole, 0, length)))
                    .as(length + " bytes").isInstanceOf(ClientHello.Peek.Incomplete.class);
        }
    }

    @Test
    void a_hello_in_several_records_is_put_together() throws Exception {
        byte[] whole = hello("a.b.c");
        ByteBuf split = Unpooled.buffer();
        for (int at = 5; at < whole.length; at += 50) {
            int length = Math.min(50, whole.length - at);
            split.writeByte(22).writeShort(0x0301).writeShort(length).writeBytes(whole, at, length);
        }

        assertThat(ClientHello.peek(split)).isEqualTo(new ClientHello.Peek.Hello("a.b.c"));
    }

    @Test
    void what_is_no_hello_is_told_at_once_and_random_changes_never_throw() throws Exception {
        assertThat(ClientHello.peek(Unpooled.copiedBuffer("GET / HTTP/1.1", java.nio.charset.StandardCharsets.US_ASCII)))
                .isInstanceOf(ClientHello.Peek.NotTls.class);
        assertThat(ClientHello.peek(Unpooled.wrappedBuffer(new byte[] {22, 3, 1, (byte) 0xff, (byte) 0xff})))
                .isInstanceOf(ClientHello.Peek.NotTls.class);
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = hello0.clone();
            for (int j = 0; j < 3; j++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            assertThat(ClientHello.peek(Unpooled.wrappedBuffer(bytes))).isNotNull();
        }
    }

    private final byte[] hello0;

    ClientHelloTest() throws Exception {
        hello0 = hello("80.payments.shop.east.mesh");
    }
}
