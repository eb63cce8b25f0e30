/** What a proxy needs to be the sidecar of one pod: its settings, its listeners, its application's probes. */
@NullMarked
package dev.meshctl.proxy.sidecar;

import org.jspecify.annotations.NullMarked;
