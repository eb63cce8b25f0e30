/**
 * Answers the names of the mesh, and hands all other queries on to the system's resolvers.
 *
 * <p>Messages are RFC 1035 bytes from end to end. Of a query only the header and the question are read, by code of our
 * own: what is handed on must arrive as it was, and a codec that takes all records apart cannot put all of them together
 * again.
 */
@NullMarked
package dev.meshctl.proxy.dns;

import org.jspecify.annotations.NullMarked;
