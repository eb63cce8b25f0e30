/** What differs between the places that a mesh runs in; chosen once, at the start. */
@NullMarked
package dev.meshctl.control.platform;

import org.jspecify.annotations.NullMarked;
