@NullMarked
package dev.meshctl.cli.install.kubernetes.render;

import org.jspecify.annotations.NullMarked;
