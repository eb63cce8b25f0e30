package dev.meshctl.trust.authority;

import dev.meshctl.runtime.identity.Pem;
import java.io.IOException;
import java.util.Optional;

/**
 * Where the keys of a CA are kept. Several processes may share one store: each write is all or nothing, and the
 * first of two writers wins.
 */
public interface AuthorityStore {
    /**
     * What is kept now; empty if there is no CA.
     *
     * @throws IOException if it cannot be read or understood; the message says where and what next
     */
    Optional<AuthorityKeys> read() throws IOException;

    /**
     * Keeps the keys of a new CA, unless there is one.
     *
     * @return what is kept now: these keys, or those of who was first
     */
    AuthorityKeys create(AuthorityKeys keys) throws IOException;

    /**
     * Replaces the issuing key, unless it is not the known one any more.
     *
     * @return what is kept now: the new key, or that of who was first
     */
    AuthorityKeys replaceIssuing(AuthorityKeys known, Pem.KeyAndChain issuing) throws IOException;

    /** That there is no CA though there was one. */
    IOException missing();

    /** That one of {@link AuthorityKeys#ROOT} and {@link AuthorityKeys#ISSUING} cannot be used. */
    IOException corrupt(String part, String why);
}
