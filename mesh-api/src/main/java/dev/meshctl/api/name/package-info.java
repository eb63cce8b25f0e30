/** How services are named: service names, the hosts that resolve in a mesh, and SNI names. */
@NullMarked
package dev.meshctl.api.name;

import org.jspecify.annotations.NullMarked;
