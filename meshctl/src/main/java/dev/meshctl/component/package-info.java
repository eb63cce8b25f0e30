/** One entry point for all components, as a container image needs it. Knows nothing of the command line tool. */
@NullMarked
package dev.meshctl.component;

import org.jspecify.annotations.NullMarked;
