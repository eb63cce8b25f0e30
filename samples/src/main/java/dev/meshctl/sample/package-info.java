/** Small HTTP services that know nothing of the mesh but {@code http_proxy}, and a client that loads them. */
@NullMarked
package dev.meshctl.sample;

import org.jspecify.annotations.NullMarked;
