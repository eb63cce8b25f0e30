/** What the kernel knows of connections that it has redirected to this proxy. */
@NullMarked
package dev.meshctl.proxy.intercept;

import org.jspecify.annotations.NullMarked;
