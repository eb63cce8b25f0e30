/** What an API server, or the way to it, refuses: as a typed value with a cause, a reason and a next step. */
@NullMarked
package dev.meshctl.kubernetes.failure;

import org.jspecify.annotations.NullMarked;
