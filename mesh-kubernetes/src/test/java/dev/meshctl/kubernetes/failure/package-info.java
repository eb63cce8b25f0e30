/** Tests of failures in words. */
@NullMarked
package dev.meshctl.kubernetes.failure;

import org.jspecify.annotations.NullMarked;
