/** The admin API that the CLI uses. */
@NullMarked
package dev.meshctl.control.admin;

import org.jspecify.annotations.NullMarked;
