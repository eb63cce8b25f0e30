/** The client side of the admin API. */
@NullMarked
package dev.meshctl.control.client;

import org.jspecify.annotations.NullMarked;
