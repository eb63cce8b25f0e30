/** What applying a release would change in a cluster, as the API server itself says it, and for people to read. */
@NullMarked
package dev.meshctl.cli.install.kubernetes.diff;

import org.jspecify.annotations.NullMarked;
