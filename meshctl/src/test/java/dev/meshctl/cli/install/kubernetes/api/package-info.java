@NullMarked
package dev.meshctl.cli.install.kubernetes.api;

import org.jspecify.annotations.NullMarked;
