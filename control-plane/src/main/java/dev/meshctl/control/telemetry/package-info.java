/** What the proxies of this mesh have seen in the last 15 minutes, for queries and gates. */
@NullMarked
package dev.meshctl.control.telemetry;

import org.jspecify.annotations.NullMarked;
