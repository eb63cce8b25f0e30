@NullMarked
package dev.meshctl.cli.demo;

import org.jspecify.annotations.NullMarked;
