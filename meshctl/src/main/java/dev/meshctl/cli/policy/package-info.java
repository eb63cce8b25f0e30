@NullMarked
package dev.meshctl.cli.policy;

import org.jspecify.annotations.NullMarked;
