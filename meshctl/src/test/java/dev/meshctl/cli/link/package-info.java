/** Links by token. */
@NullMarked
package dev.meshctl.cli.link;

import org.jspecify.annotations.NullMarked;
