package dev.meshctl.runtime.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.runtime.testing.Await;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class NameLookupsTest {
    private final CountDownLatch answers = new CountDownLatch(1);
    private final Queue<Thread> asking = new ConcurrentLinkedQueue<>();
    private final NameLookups lookups = new NameLookups("test-dns", 2, host -> {
        asking.add(Thread.currentThread());
        try {
            answers.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (host.isEmpty()) {
            throw new UnknownHostException("no name");
        }
        return InetAddress.getLoopbackAddress();
    });

    @Test
    void a_question_that_is_not_answered_holds_no_carrier_of_virtual_threads() throws Exception {
        CompletableFuture<InetAddress> asked = lookups.lookUp("slow.example");
        Await.until("asked", () -> !asking.isEmpty());

        assertThat(asking).noneMatch(Thread::isVirtual).allMatch(Thread::isDaemon);

        answers.countDown();
        assertThat(asked.get()).isEqualTo(InetAddress.getLoopbackAddress());
    }

    @Test
    void more_questions_than_are_allowed_are_refused_at_once_and_only_while_others_wait() throws Exception {
        lookups.lookUp("a.example");
        lookups.lookUp("b.example");

        CompletableFuture<InetAddress> third = lookups.lookUp("c.example");

        assertThat(third).isCompletedExceptionally();
        assertThatThrownBy(third::get).hasCauseInstanceOf(RejectedExecutionException.class);
        answers.countDown();
        Await.until("there is room again", () -> !lookups.lookUp("d.example").isCompletedExceptionally());
    }

    @Test
    void a_name_without_an_address_is_said_to_have_none() {
        answers.countDown();

        assertThatThrownBy(() -> lookups.lookUp("").get()).hasCauseInstanceOf(UnknownHostException.class);
    }
}
