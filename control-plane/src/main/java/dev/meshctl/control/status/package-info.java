/** What the mesh says of objects, beside the objects: conditions of their status, and events. */
@NullMarked
package dev.meshctl.control.status;

import org.jspecify.annotations.NullMarked;
