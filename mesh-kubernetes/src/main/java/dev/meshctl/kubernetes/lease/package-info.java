/** Which one of several replicas does what only one may do. */
@NullMarked
package dev.meshctl.kubernetes.lease;

import org.jspecify.annotations.NullMarked;
