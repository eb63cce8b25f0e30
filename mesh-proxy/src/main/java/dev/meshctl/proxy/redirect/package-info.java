/** Makes the traffic of a network namespace go to the proxy, by rules of the kernel's packet filter. */
@NullMarked
package dev.meshctl.proxy.redirect;

import org.jspecify.annotations.NullMarked;
