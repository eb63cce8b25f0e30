@NullMarked
package dev.meshctl.cli.proxy;

import org.jspecify.annotations.NullMarked;
