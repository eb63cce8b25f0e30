/** Calls to a workload: mTLS ends, policy decides, the application answers. */
@NullMarked
package dev.meshctl.proxy.inbound;

import org.jspecify.annotations.NullMarked;
