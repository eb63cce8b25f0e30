/** Why a call to an API server failed, by name and in words. */
@NullMarked
package dev.meshctl.kubernetes.failure;

import org.jspecify.annotations.NullMarked;
