package dev.meshctl.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.gateway.relay.ClientHello.Reading;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClientHelloTest {
    private static final String NAME = "v2.9001.payments.shop.east.mesh";

    @Test
    void the_server_name_is_read_and_the_bytes_stay() {
        ByteBuf bytes = Unpooled.wrappedBuffer(Hellos.hello(NAME));
        int length = bytes.readableBytes();

        assertThat(new ClientHello().read(bytes)).isEqualTo(new Reading.Complete(NAME));
        assertThat(bytes.readableBytes()).isEqualTo(length);
    }

    @Test
    void a_server_name_in_capitals_is_read_in_lower_case() {
        byte[] hello = Hellos.hello("9001.payments.shop.east.mesh");
        int at = new String(hello, StandardCharsets.ISO_8859_1).indexOf("payments");
        hello[at] = 'P';

        assertThat(new ClientHello().read(Unpooled.wrappedBuffer(hello)))
                .isEqualTo(new Reading.Complete("9001.payments.shop.east.mesh"));
    }

    @Test
    void a_hello_without_server_name_is_complete_all_the_same() {
        assertThat(new ClientHello().read(Unpooled.wrappedBuffer(Hellos.hello(""))))
                .isEqualTo(new Reading.Complete(""));
    }

    @Test
    void a_hello_that_comes_byte_by_byte_in_records_of_three_bytes_is_read() {
        byte[] hello = Hellos.fragmented(Hellos.hello(NAME), 3);
        ClientHello reader = new ClientHello();
        ByteBuf bytes = Unpooled.buffer();
        for (int i = 0; i < hello.length - 1; i++) {
            bytes.writeByte(hello[i]);
            assertThat(reader.read(bytes)).isInstanceOf(Reading.Incomplete.class);
        }
        bytes.writeByte(hello[hello.length - 1]);

        assertThat(reader.read(bytes)).isEqualTo(new Reading.Complete(NAME));
    }

    @Test
    void what_is_not_tls_is_garbage_at_its_first_byte() {
        assertThat(new ClientHello().read(Unpooled.copiedBuffer("G", StandardCharsets.US_ASCII)))
                .isInstanceOf(Reading.Garbage.class);
    }

    @Test
    void a_hello_that_announces_more_than_the_bound_is_garbage() {
        byte[] header = {22, 3, 1, 0, 4, 1, 1, 0, 0};

        assertThat(new ClientHello().read(Unpooled.wrappedBuffer(header)))
                .isInstanceOfSatisfying(Reading.Garbage.class, g -> assertThat(g.reason()).contains("larger than"));
    }

    @Test
    void a_hello_whose_lengths_lie_is_garbage_and_never_an_exception() {
        byte[] good = Hellos.hello(NAME);
        Random random = new Random(42);
        int refused = 0;
        for (int round = 0; round < 5000; round++) {
            byte[] bad = Arrays.copyOf(good, good.length);
            for (int flips = 0; flips < 3; flips++) {
                bad[5 + random.nextInt(bad.length - 5)] = (byte) random.nextInt();
            }
            if (new ClientHello().read(Unpooled.wrappedBuffer(bad)) instanceof Reading.Garbage) {
                refused++;
            }
        }

        assertThat(refused).isPositive();
    }
}
