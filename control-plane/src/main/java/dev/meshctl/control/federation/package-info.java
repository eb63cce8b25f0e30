/** Links to other meshes: tokens, bundles and the session of the federation gateway. */
@NullMarked
package dev.meshctl.control.federation;

import org.jspecify.annotations.NullMarked;
