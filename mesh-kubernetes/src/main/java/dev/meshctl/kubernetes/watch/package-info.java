/** Objects of an API server, followed for as long as a process runs. */
@NullMarked
package dev.meshctl.kubernetes.watch;

import org.jspecify.annotations.NullMarked;
