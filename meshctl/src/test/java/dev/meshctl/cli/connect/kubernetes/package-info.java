@NullMarked
package dev.meshctl.cli.connect.kubernetes;

import org.jspecify.annotations.NullMarked;
