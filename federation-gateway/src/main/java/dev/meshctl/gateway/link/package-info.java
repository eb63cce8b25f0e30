/** Making a link: the handshake that consumes a one-time token, both sides of it. */
@NullMarked
package dev.meshctl.gateway.link;

import org.jspecify.annotations.NullMarked;
