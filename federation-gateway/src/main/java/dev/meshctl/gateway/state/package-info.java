/** What the control plane told this gateway, kept on disk, and the session that carries it. */
@NullMarked
package dev.meshctl.gateway.state;

import org.jspecify.annotations.NullMarked;
