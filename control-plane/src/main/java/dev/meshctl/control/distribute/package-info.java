/** Delivery of the snapshot to proxies: delta xDS with on-demand subscriptions. */
@NullMarked
package dev.meshctl.control.distribute;

import org.jspecify.annotations.NullMarked;
