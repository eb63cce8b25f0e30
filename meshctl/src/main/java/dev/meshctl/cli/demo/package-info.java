/** The demo: two linked clusters on this machine, and a tour of what they do. */
@NullMarked
package dev.meshctl.cli.demo;

import org.jspecify.annotations.NullMarked;
