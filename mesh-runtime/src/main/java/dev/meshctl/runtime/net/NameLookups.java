package dev.meshctl.runtime.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Asks the system's resolver for addresses, on threads of its own. A question that nobody answers holds its thread for many
 * seconds; a virtual thread would hold one of those that carry all others, and 256 such questions would stop every virtual
 * thread of the process.
 */
public final class NameLookups {
    private static final long KEEP_SECONDS = 10;

    private final Resolver resolver;
    private final ThreadPoolExecutor threads;

    /** What a name is looked up by. */
    interface Resolver {
        InetAddress resolve(String host) throws UnknownHostException;
    }

    /**
     * Makes it; it takes threads as it needs them.
     *
     * @param atATime questions that may be under way
     */
    public NameLookups(String threadName, int atATime) {
        this(threadName, atATime, InetAddress::getByName);
    }

    NameLookups(String threadName, int atATime, Resolver resolver) {
        this.resolver = resolver;
        this.threads = new ThreadPoolExecutor(0, atATime, KEEP_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name(threadName + "-", 0).factory());
    }

    /**
     * Begins to look a name up. May take as long as the system's resolver likes: the caller has a time of its own.
     *
     * @return fails with {@link UnknownHostException}, or, already when this returns, with {@link
     *     RejectedExecutionException} where too many are under way
     */
    public CompletableFuture<InetAddress> lookUp(String host) {
        CompletableFuture<InetAddress> answer = new CompletableFuture<>();
        try {
            threads.execute(() -> {
                try {
                    answer.complete(resolver.resolve(host));
                } catch (UnknownHostException | RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException tooMany) {
            answer.completeExceptionally(tooMany);
        }
        return answer;
    }
}
