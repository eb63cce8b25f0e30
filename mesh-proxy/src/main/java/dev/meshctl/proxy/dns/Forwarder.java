package dev.meshctl.proxy.dns;

import java.util.concurrent.CompletionStage;

/** Hands queries on to the system's resolvers. */
interface Forwarder {
    /**
     * The answer as the resolver gave it, or SERVFAIL; the stage never fails.
     *
     * @param tcp the client came by TCP, so that its answer may be as long as it wants
     */
    CompletionStage<byte[]> forward(Query query, boolean tcp);
}
