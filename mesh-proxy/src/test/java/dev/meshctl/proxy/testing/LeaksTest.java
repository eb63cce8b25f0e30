package dev.meshctl.proxy.testing;

import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;

class LeaksTest {
    private static final String MARK = "forgotten on purpose";

    /** Whichever test made the first buffer of this process. */
    @Test
    void a_buffer_that_is_forgotten_is_found() throws Exception {
        Leaks.watch();
        forget();

        Await.until("it is found", () -> {
            Leaks.look();
            return Leaks.FOUND.removeIf(leak -> leak.contains(MARK));
        });
    }

    private static void forget() {
        ByteBufAllocator.DEFAULT.buffer(16).touch(MARK);
    }
}
