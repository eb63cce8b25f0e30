/** Which protocol a connection speaks, from its first bytes. */
@NullMarked
package dev.meshctl.proxy.detect;

import org.jspecify.annotations.NullMarked;
