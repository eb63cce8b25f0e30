/** The control plane of one mesh as a process: wiring, start and stop. */
@NullMarked
package dev.meshctl.control;

import org.jspecify.annotations.NullMarked;
