/**
 * Builds the container image of all components: jlink, class data, layers, the tar.
 *
 * <p>Runs at build time only (profile {@code image}); nothing of this package is in the image.
 */
@NullMarked
package dev.meshctl.image;

import org.jspecify.annotations.NullMarked;
