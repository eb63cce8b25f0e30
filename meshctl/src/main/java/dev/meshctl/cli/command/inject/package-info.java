/** Adds the proxy to manifests and takes it out again, without a cluster. */
@NullMarked
package dev.meshctl.cli.command.inject;

import org.jspecify.annotations.NullMarked;
