/** The trust bridge's own SVID through its life. */
@NullMarked
package dev.meshctl.trust.rotation;

import org.jspecify.annotations.NullMarked;
