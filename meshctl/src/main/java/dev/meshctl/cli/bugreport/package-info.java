/** One archive with what somebody needs who looks for the cause of a fault, and without any secret. */
@NullMarked
package dev.meshctl.cli.bugreport;

import org.jspecify.annotations.NullMarked;
