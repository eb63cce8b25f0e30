package dev.meshctl.proxy.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.flow.BufferMemory.Work;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.EncoderException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BufferMemoryTest {
    private static final int MIB = 1024 * 1024;

    private final AtomicLong used = new AtomicLong();
    private final BufferMemory memory = new BufferMemory(used::get, 64 * MIB);

    @Test
    void the_last_eighth_is_kept_for_what_was_begun() {
        used.set(56 * MIB);
        assertThat(memory.refuses(Work.REQUEST)).isFalse();

        used.incrementAndGet();
        assertThat(memory.refuses(Work.REQUEST)).isTrue();
        assertThat(memory.detail()).contains("56 of 64 MiB");

        used.decrementAndGet();
        assertThat(memory.refuses(Work.REQUEST)).isFalse();
    }

    @Test
    void each_refusal_is_counted_as_what_it_was() {
        used.set(64 * MIB);

        assertThat(memory.refuses(Work.CONNECTION)).isTrue();
        assertThat(memory.refuses(Work.REQUEST)).isTrue();
        assertThat(memory.refuses(Work.REQUEST)).isTrue();

        assertThat(memory.refused(Work.CONNECTION)).isEqualTo(1);
        assertThat(memory.refused(Work.REQUEST)).isEqualTo(2);
    }

    @Test
    void buffers_of_this_process_are_counted_while_they_are_held() {
        BufferMemory process = BufferMemory.ofProcess();
        assertThat(process.boundBytes()).isPositive();
        BufferMemory tight = new BufferMemory(process::usedBytes, process.usedBytes() + 64 * MIB);
        assertThat(tight.refuses(Work.CONNECTION)).isFalse();

        ByteBuf held = ByteBufAllocator.DEFAULT.directBuffer(96 * MIB);
        try {
            assertThat(tight.refuses(Work.CONNECTION)).isTrue();
        } finally {
            held.release();
        }

        assertThat(tight.refuses(Work.CONNECTION)).isFalse();
    }

    @Test
    void a_lack_of_memory_is_told_from_other_errors_however_it_is_wrapped() {
        Error lack = new OutOfMemoryError("Cannot reserve 65536 bytes of direct buffer memory");

        assertThat(BufferMemory.exhausted(lack)).isTrue();
        assertThat(BufferMemory.exhausted(new EncoderException(new IOException(lack)))).isTrue();
        assertThat(BufferMemory.exhausted(new IOException("Connection reset by peer"))).isFalse();
        assertThat(BufferMemory.exhausted(null)).isFalse();
    }
}
