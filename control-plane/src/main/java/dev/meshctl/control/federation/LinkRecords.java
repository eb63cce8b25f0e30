package dev.meshctl.control.federation;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * Small private records of links that outlive the process: hashes of the tokens that were made, secrets that are still to
 * be presented, and notes of peers that are not to be trusted any more.
 */
public interface LinkRecords {
    /**
     * What is there now; empty if nothing is.
     *
     * @throws IOException if it cannot be read, or has more than so many bytes; where records are shared a {@link BrokenRecord}
     *     if it cannot be understood
     */
    Optional<byte[]> read(String name, int maxBytes) throws IOException;

    /** There when this returns, whatever was there before. */
    void write(String name, byte[] content) throws IOException;

    /**
     * Writes what was made of what had been read. There when this returns.
     *
     * @param known what {@link #read} gave
     * @throws IOException if it cannot be written, or is something else by now
     */
    void replace(String name, Optional<byte[]> known, byte[] content) throws IOException;

    /** Removes; removing what is not there is fine. */
    void delete(String name) throws IOException;

    Set<String> names() throws IOException;

    /** What to say of a record that cannot be understood: where records are shared a {@link BrokenRecord}. */
    IOException broken(String name, String why, Exception cause);

    /** True if several replicas have the same ones: the one that leads writes, and may find what another has written. */
    boolean shared();
}
