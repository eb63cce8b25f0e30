/** Who may have a first SVID: join tokens. */
@NullMarked
package dev.meshctl.trust.attest;

import org.jspecify.annotations.NullMarked;
