/** Who may call what. */
@NullMarked
package dev.meshctl.proxy.authorize;

import org.jspecify.annotations.NullMarked;
