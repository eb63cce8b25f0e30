/**
 * What a user asks of a mesh on a Kubernetes cluster: install, plan, upgrade, roll back, uninstall. Each first looks and
 * says what it would do, and changes something only after that.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes.operate;

import org.jspecify.annotations.NullMarked;
