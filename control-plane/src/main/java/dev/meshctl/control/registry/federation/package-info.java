/** The services of linked clusters, as the federation gateway reports them. */
@NullMarked
package dev.meshctl.control.registry.federation;

import org.jspecify.annotations.NullMarked;
