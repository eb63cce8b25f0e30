package dev.meshctl.proxy.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtocolDetectorTest {
    private static @org.jspecify.annotations.Nullable Detected detect(String bytes) {
        return ProtocolDetector.detect(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\n", "POST http://x/ HTTP/1.1", "M-SEARCH * HTTP/1.1", "PRIVATE / HTTP/1.1",
        "CONNECT a:1 HTTP/1.1"})
    void methods_tell_http_1(String bytes) {
        assertThat(detect(bytes)).isEqualTo(Detected.HTTP1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0016\u0003\u0001", "SSH-2.0-x\r\n", "get / http", "\r\n", "A B", "TOOLONGAMETHODNAMEFORANYBODY"})
    void the_rest_is_opaque(String bytes) {
        assertThat(detect(bytes)).isEqualTo(Detected.OPAQUE);
    }

    @Test
    void the_preface_tells_http_2_and_each_part_of_it_nothing_yet() {
        String preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        for (int i = 0; i < preface.length(); i++) {
            assertThat(detect(preface.substring(0, i))).as(i + " bytes").isNull();
        }
        assertThat(detect(preface + "x")).isEqualTo(Detected.HTTP2);
        assertThat(detect("GE")).isNull();
        assertThat(detect("GET ")).isNull();
    }
}
