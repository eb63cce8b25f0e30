/** One HTTP exchange through the proxy, the same for HTTP/1.1 and HTTP/2, and pooled connections. */
@NullMarked
package dev.meshctl.proxy.http;

import org.jspecify.annotations.NullMarked;
