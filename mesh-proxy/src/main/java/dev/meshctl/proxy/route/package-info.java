/** Compiled services: which backend a request goes to. */
@NullMarked
package dev.meshctl.proxy.route;

import org.jspecify.annotations.NullMarked;
