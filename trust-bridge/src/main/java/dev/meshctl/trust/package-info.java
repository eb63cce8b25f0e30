/** The trust bridge: the CA of a mesh and the keeper of the bundles of every linked trust domain. */
@NullMarked
package dev.meshctl.trust;

import org.jspecify.annotations.NullMarked;
